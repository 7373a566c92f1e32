/** What the toolbar shows: how far the newest running video is, or that something ended while nobody looked. */

/** @import { Card } from "./cards.js" */

import { unfinished } from "./cards.js";

const BUSY = "#3b5bdb";
const GOOD = "#2b8a3e";
const BAD = "#c92a2a";

/**
 * @param {Card[]} cards
 * @returns {{text: string, color: string}}
 */
export function badgeOf(cards) {
  const busy = cards.find(unfinished);
  if (busy)
    return { text: busy.video && !busy.order ? `${busy.video.progress}%` : "…", color: BUSY };
  const unseen = cards.filter((one) => !one.seen);
  if (unseen.length === 0) return { text: "", color: BUSY };
  if (unseen.some(({ trouble, video }) => trouble || video?.status === "failed"))
    return { text: "!", color: BAD };
  if (unseen.some(({ video }) => video?.status === "needs_answer"))
    return { text: "?", color: BUSY };
  return { text: "✓", color: GOOD };
}

/** @param {Card[]} cards */
export async function showBadge(cards) {
  const { text, color } = badgeOf(cards);
  await chrome.action.setBadgeBackgroundColor({ color });
  await chrome.action.setBadgeTextColor({ color: "#ffffff" });
  await chrome.action.setBadgeText({ text });
}
