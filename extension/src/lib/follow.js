/** Following videos: asking how they are, and telling their ends once. */

/** @import { Api, Summary } from "./api.js" */
/** @import { Card, Shown } from "./cards.js" */

import { ApiError } from "./api.js";
import {
  cards,
  changeCard,
  changeCards,
  endedByPeople,
  foundCard,
  running,
  shown,
} from "./cards.js";

/** Signed links live for an hour. */
const LINKS_LIVE_MS = 50 * 60 * 1000;
const RECENT = 10;

/**
 * Ask for every video that is being made.
 *
 * @param {Api} api
 */
export async function followRunning(api) {
  await see(api, (video) => running(video));
}

/**
 * Bring the list up to date: videos that were asked for elsewhere, and links that have died.
 *
 * @param {Api} api
 */
export async function refresh(api) {
  const recent = await api.videos(RECENT);
  await changeCards((all) => {
    const known = new Set(all.map((one) => one.video?.id));
    const found = recent.filter(({ id }) => !known.has(id)).map(foundWith);
    return [...all, ...found].toSorted((one, other) => other.at - one.at);
  });
  await see(api, (video) => running(video) || Date.now() - video.at > LINKS_LIVE_MS);
}

/**
 * @param {Summary} video
 * @returns {Card}
 */
function foundWith(video) {
  const seen = { ...shown({ ...video, versions: [], advice: null }), at: 0 };
  return { ...foundCard(video), video: seen, notified: !running(seen) };
}

/**
 * @param {Api} api
 * @param {(video: Shown) => boolean} which
 */
async function see(api, which) {
  const due = (await cards()).filter(({ video, order }) => video && !order && which(video));
  await Promise.all(due.map((one) => look(api, one)));
}

/**
 * @param {Api} api
 * @param {Card} card
 */
async function look(api, { id, video }) {
  try {
    if (video) await changeCard(id, { video: shown(await api.video(video.id)), trouble: null });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.kind === "missing") await changeCards((all) => all.filter((one) => one.id !== id));
    else await changeCard(id, { trouble: { kind: error.kind, detail: error.detail } });
  }
}

/**
 * Notify of every end once. The end is stored before the notification: rather none than two.
 *
 * @param {(card: Card) => Promise<void>} notify
 */
export async function tellEnds(notify) {
  /** @type {Card[]} */
  const due = [];
  await changeCards((all) =>
    all.map((one) => {
      if (!one.video || running(one.video) || one.notified) return one;
      if (endedByPeople(one.video)) return { ...one, notified: true };
      due.push(one);
      return { ...one, notified: true, seen: false };
    }),
  );
  for (const one of due) await notify(one);
}
