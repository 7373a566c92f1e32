/**
 * What the popup lists: one card for each video, from the click on. Everything that has to survive the end of the
 * service worker, of the popup and of the browser stands in a card.
 */

/** @import { Kind, Links, Status, Summary, Video } from "./api.js" */

/**
 * Something to be sent that is paid for. It is kept before it is sent, and until it is answered.
 *
 * @typedef {object} Order
 * @property {string} key  Idempotency-Key
 * @property {string} path
 * @property {{[name: string]: unknown} | null} body
 * @property {string[]} files  their names; the bytes are in the drawer under key and index
 * @property {string[]} uploads  what stands for the files that have been uploaded
 * @property {string | null} text  the body as it was sent, if it may have been: a repetition has to be equal
 * @property {boolean} uploadedAgain
 * @property {number} at
 *
 * @typedef {object} Shown  the video, as it was seen last
 * @property {string} id
 * @property {Status} status
 * @property {number} progress
 * @property {string} message
 * @property {string | null} advice
 * @property {number} version
 * @property {Links} links
 * @property {number} at
 *
 * @typedef {object} Refusal
 * @property {Kind | CaptureProblem} kind
 * @property {string} detail  in the API's own words
 *
 * @typedef {"browser" | "store" | "pdf" | "file" | "left" | "interrupted" | "unreadable" | "empty"} CaptureProblem
 *
 * @typedef {object} Card
 * @property {string} id
 * @property {string} title
 * @property {string} instruction
 * @property {string} thumbnail  a data URL, or nothing
 * @property {string} fingerprint  equal for the same wish, so that a second click is no second video
 * @property {boolean} capturing
 * @property {boolean} cut  the page was longer than what was captured
 * @property {Order | null} order
 * @property {Shown | null} video
 * @property {Refusal | null} trouble  what was refused, or why it waits
 * @property {boolean} notified  whether the user was notified of the end
 * @property {boolean} seen
 * @property {number} at
 */

const KEPT = 20;

/** @returns {Promise<Card[]>} newest first */
export async function cards() {
  /** @type {{cards?: Card[]}} */
  const kept = await chrome.storage.local.get("cards");
  return kept.cards ?? [];
}

/**
 * @param {string} id
 * @returns {Promise<Card | undefined>}
 */
export async function card(id) {
  return (await cards()).find((one) => one.id === id);
}

/**
 * Change the list, one change after the other.
 *
 * @param {(cards: Card[]) => Card[]} change
 */
export async function changeCards(change) {
  await navigator.locks.request("cards", async () => {
    const changed = change(await cards());
    const old = changed.filter((one) => !unfinished(one)).slice(KEPT);
    await chrome.storage.local.set({ cards: changed.filter((one) => !old.includes(one)) });
  });
}

/**
 * @param {string} id
 * @param {Partial<Card>} change
 */
export async function changeCard(id, change) {
  await changeCards((all) => all.map((one) => (one.id === id ? { ...one, ...change } : one)));
}

/**
 * @param {Pick<Card, "id" | "title" | "instruction" | "thumbnail" | "fingerprint">} what
 * @returns {Card}
 */
export function newCard(what) {
  return {
    ...what,
    capturing: false,
    cut: false,
    order: null,
    video: null,
    trouble: null,
    notified: false,
    seen: true,
    at: Date.now(),
  };
}

/**
 * @param {string} path
 * @param {Order["body"]} body
 * @param {string[]} [files]
 * @returns {Order}
 */
export function newOrder(path, body, files = []) {
  return {
    key: crypto.randomUUID(),
    path,
    body,
    files,
    uploads: [],
    text: null,
    uploadedAgain: false,
    at: Date.now(),
  };
}

/** @param {Card} card */
export function unfinished({ capturing, order, video }) {
  return capturing || order !== null || (video !== null && running(video));
}

/** @param {{status: Status}} video */
export function running({ status }) {
  return status === "queued" || status === "working";
}

/**
 * Whether people have ended the video themselves, who need no word of it.
 *
 * @param {{status: Status}} video
 */
export function endedByPeople({ status }) {
  return status === "cancelled" || status === "superseded";
}

/**
 * @param {Video} video
 * @returns {Shown}
 */
export function shown(video) {
  const { id, status, progress, message, advice, versions, links } = video;
  return {
    id,
    status,
    progress,
    message,
    advice: advice ?? null,
    version: versions.length,
    links,
    at: Date.now(),
  };
}

/**
 * A card for a video that was asked for elsewhere.
 *
 * @param {Summary} video
 * @returns {Card}
 */
export function foundCard({ id, metadata, instruction, created_at }) {
  const title = metadata?.title ?? instruction.split("\n", 1)[0] ?? "";
  const made = newCard({ id: `found-${id}`, title, instruction, thumbnail: "", fingerprint: "" });
  return { ...made, at: Date.parse(created_at) };
}
