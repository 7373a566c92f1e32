/** What the popup asks of the service worker, which alone changes cards and talks to the API. */

/** @import { Refusal } from "./cards.js" */
/** @import { Wish } from "./start.js" */

/**
 * @typedef {{type: "generate", tabId: number, wish: Wish} | {type: "follow"} | {type: "refresh"}
 *   | {type: "edit", card: string, instruction: string}
 *   | {type: "retry" | "cancel" | "forget", card: string}} Message
 * @typedef {{underWay?: boolean, trouble?: Refusal}} Reply  `underWay`: the very same video is being made already
 */

/**
 * @param {Message} message
 * @returns {Promise<Reply>} empty when the worker ended before it replied: what has become of it is in the cards
 */
export function ask(message) {
  return chrome.runtime.sendMessage(message).catch(() => ({}));
}
