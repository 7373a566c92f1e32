/** The words of the user's language. */

/** @import { Refusal } from "./cards.js" */

/**
 * @param {string} name
 * @param {...(string | number)} parts
 */
export function t(name, ...parts) {
  const text = chrome.i18n.getMessage(name, parts.map(String));
  if (!text) throw new Error(`There are no words for ${name}.`);
  return text;
}

/**
 * What is wrong, and what to do: in the API's own words where it has said more than we know.
 *
 * @param {Refusal} trouble
 */
export function sentence({ kind, detail }) {
  const own = kind === "refused" || kind === "busy" ? detail : "";
  return own || t(`trouble_${kind}`);
}

/** Fill in words: texts, and the names of what has no text. @param {ParentNode} page */
export function translate(page) {
  for (const element of page.querySelectorAll("[data-text]")) {
    element.textContent = t(element.getAttribute("data-text") ?? "");
  }
  for (const name of ["aria-label", "placeholder", "title"]) {
    for (const element of page.querySelectorAll(`[data-${name}]`)) {
      element.setAttribute(name, t(element.getAttribute(`data-${name}`) ?? ""));
    }
  }
}
