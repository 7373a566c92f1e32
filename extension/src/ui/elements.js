/** Finding what a page surely has. */

/**
 * @template {HTMLElement} E
 * @param {string} selector
 * @param {new () => E} kind
 * @param {ParentNode} root
 * @returns {E}
 */
export function find(selector, kind, root = document) {
  const found = root.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`There is no ${selector}.`);
  return found;
}

/**
 * @param {string} selector
 * @param {ParentNode} [root]
 */
export function element(selector, root) {
  return find(selector, HTMLElement, root);
}

/**
 * @param {string} selector
 * @param {boolean} shown
 * @param {ParentNode} [root]
 */
export function show(selector, shown, root) {
  element(selector, root).hidden = !shown;
}
