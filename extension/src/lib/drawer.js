/** Files that wait to be uploaded. They are too large for chrome.storage, and have to outlive the service worker. */

const NAME = "files";

/** A cache wants addresses; these lead nowhere. @param {string} key @param {number} index */
const address = (key, index) => `https://drawer.invalid/${key}/${index}`;

/**
 * @param {string} key
 * @param {Blob[]} files
 */
export async function putFiles(key, files) {
  const drawer = await caches.open(NAME);
  await Promise.all(
    files.map((file, index) => drawer.put(address(key, index), new Response(file))),
  );
}

/**
 * @param {string} key
 * @param {number} index
 * @returns {Promise<Blob | undefined>} undefined when the browser has cleared its storage
 */
export async function takeFile(key, index) {
  const kept = await (await caches.open(NAME)).match(address(key, index));
  return kept?.blob();
}

/**
 * @param {string} key
 * @param {number} count
 */
export async function dropFiles(key, count) {
  const drawer = await caches.open(NAME);
  for (let index = 0; index < count; index += 1) await drawer.delete(address(key, index));
}
