/** Where the pipeline is, and the key to it: in this browser's storage, out of every page's reach. */

/** @typedef {{address: string, key: string}} Settings */

/** @typedef {"16:9" | "9:16" | "1:1"} Format */
/** @typedef {"visible" | "full"} Extent  how much of a page is captured */
/** @typedef {{format: Format, extent: Extent}} Choices */

/** @returns {Promise<Settings | undefined>} undefined until somebody has connected */
export async function settings() {
  /** @type {{settings?: Settings}} */
  const kept = await chrome.storage.local.get("settings");
  return kept.settings;
}

/** @param {Settings} kept */
export async function keepSettings(kept) {
  await chrome.storage.local.set({ settings: kept });
}

/** @returns {Promise<Choices>} what was chosen last */
export async function choices() {
  /** @type {{choices?: Choices}} */
  const kept = await chrome.storage.local.get("choices");
  return kept.choices ?? { format: "16:9", extent: "full" };
}

/** @param {Choices} kept */
export async function keepChoices(kept) {
  await chrome.storage.local.set({ choices: kept });
}

/** Content scripts live in other people's pages: they are kept from what is stored here. */
export async function closeStorage() {
  await chrome.storage.local.setAccessLevel({ accessLevel: "TRUSTED_CONTEXTS" });
}

const ON_THIS_MACHINE = ["localhost", "127.0.0.1"];

/**
 * An address as people paste it, as requests need it.
 *
 * @param {string} typed
 * @returns {string | undefined} undefined where a key must not be sent: without TLS, but to this machine
 */
export function addressOf(typed) {
  const url = URL.parse(typed.trim());
  if (!url || url.username || url.password) return undefined;
  const safe = url.protocol === "https:";
  const local = url.protocol === "http:" && ON_THIS_MACHINE.includes(url.hostname);
  return safe || local ? (url.origin + url.pathname).replace(/(\/v1)?\/*$/, "") : undefined;
}

/**
 * The permission that the extension needs for an address, and no other.
 *
 * @param {string} address
 * @returns {chrome.permissions.Permissions}
 */
export function permissionFor(address) {
  return { origins: [`${new URL(address).origin}/*`] };
}
