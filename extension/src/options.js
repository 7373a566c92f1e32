/** The options page: connecting to a pipeline, and saying plainly what is wrong with it. */

/** @import { Settings } from "./lib/settings.js" */

import { element, find } from "./ui/elements.js";
import { Api, ApiError } from "./lib/api.js";
import { addressOf, keepSettings, permissionFor, settings } from "./lib/settings.js";
import { sentence, t, translate } from "./lib/words.js";

const address = find("#address", HTMLInputElement);
const key = find("#key", HTMLInputElement);

/**
 * @param {"good" | "bad" | "busy"} state
 * @param {...string} sentences
 */
function say(state, ...sentences) {
  element("#result").dataset["state"] = state;
  element("#result").textContent = sentences.join(" ");
}

async function save() {
  const cleaned = addressOf(address.value);
  if (!cleaned) return say("bad", t("address_wrong"));
  // Before anything is awaited: the browser asks only in answer to a click.
  const asked = chrome.permissions.request(permissionFor(cleaned));
  const kept = { address: cleaned, key: key.value.trim() };
  address.value = cleaned;
  say("busy", t("testing"));
  const [allowed] = await Promise.all([asked, keepSettings(kept), dropOtherPermissions(cleaned)]);
  const trouble = await troubleWith(kept);
  if (!trouble) return say("good", t("connected", await shortcut()));
  const why = trouble.kind === "withheld" && !allowed ? t("permission_needed") : sentence(trouble);
  return say("bad", t("not_connected"), why);
}

/**
 * Try what reading and making videos need; neither costs anything.
 *
 * @param {Settings} kept
 * @returns {Promise<ApiError | undefined>}
 */
async function troubleWith(kept) {
  const api = new Api(kept);
  try {
    const videos = await api.videos(1);
    await api.ticket("test.png");
    return Array.isArray(videos) ? undefined : new ApiError("not_the_api");
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** The extension may reach the one address that is set, and no former one. @param {string} current */
async function dropOtherPermissions(current) {
  const { origins = [] } = await chrome.permissions.getAll();
  const needed = permissionFor(current).origins ?? [];
  const others = origins.filter((origin) => !needed.includes(origin));
  if (others.length) await chrome.permissions.remove({ origins: others });
}

async function shortcut() {
  const commands = await chrome.commands.getAll();
  return commands.find(({ name }) => name === "_execute_action")?.shortcut || t("shortcut_none");
}

async function open() {
  document.documentElement.lang = chrome.i18n.getUILanguage();
  translate(document);
  document.title = t("options_title");
  element("#origin").textContent = location.origin;
  const kept = await settings();
  address.value = kept?.address ?? "";
  key.value = kept?.key ?? "";
  element("#connection").addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
}

open();
