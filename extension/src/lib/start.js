/** From a click to an order: what is captured, and what is asked for. */

/** @import { CaptureProblem } from "./cards.js" */
/** @import { Choices } from "./settings.js" */

import { capture } from "./capture.js";
import { card, cards, changeCard, changeCards, newCard, newOrder, unfinished } from "./cards.js";
import { putFiles } from "./drawer.js";
import { CaptureError, pageFacts, pictureOf } from "./pages.js";

const CREATE = "/v1/videos";
const INSTRUCTION_CHARS = 5000;
const TITLE_CHARS = 100;
const ADDRESS_CHARS = 200;
const TEXT_CHARS = 5000;

/**
 * @typedef {object} Wish
 * @property {string} instruction
 * @property {Choices} choices
 * @property {string} [thumbnail]
 *
 * @typedef {{id: string, underWay: boolean}} Started  the card; one that is under way already when the wish is the same
 */

/**
 * Make a card of a tab, with an order for a video of its page.
 *
 * @param {chrome.tabs.Tab} tab
 * @param {Wish} wish
 * @returns {Promise<Started>}
 */
export function startWithPage(tab, wish) {
  return start(tab, wish, `page ${tab.url} ${wish.choices.extent}`, async () => {
    const facts = await pageFacts(tab);
    const { picture, cut } = await capture(tab, wish.choices.extent);
    const main = facts.image ? await pictureOf(tab.id ?? 0, facts.image) : undefined;
    /** @type {[string, Blob][]} */
    const files = [["page.png", picture]];
    if (main) files.push(["picture.png", main]);
    return { files, page: { title: facts.title, description: facts.description }, cut };
  });
}

/**
 * Make a card of something that was clicked in a page: of a picture or a film, a link, or a selection.
 *
 * @param {chrome.tabs.Tab} tab
 * @param {chrome.contextMenus.OnClickData} clicked
 * @param {Wish} wish
 * @returns {Promise<Started>}
 */
export function startWithClicked(
  tab,
  { mediaType, srcUrl, linkUrl, selectionText, pageUrl },
  wish,
) {
  const media = srcUrl ?? "";
  const source = media || linkUrl || selectionText || "";
  // Without a permission for the site, the tab does not tell its address. The click does.
  return start({ ...tab, url: tab.url || pageUrl }, wish, `clicked ${source}`, async () => {
    if (mediaType === "image") {
      const picture = await pictureOf(tab.id ?? 0, media);
      if (picture) return { files: [["picture.png", picture]] };
    }
    if (media || linkUrl) return { url: onTheWeb(media || linkUrl || "") };
    if (!source) throw new CaptureError("empty");
    return { page: { text: source.slice(0, TEXT_CHARS) } };
  });
}

/**
 * @typedef {{title?: string, description?: string, text?: string}} PageWords  `text` was selected by the user
 *
 * @typedef {object} Material
 * @property {[string, Blob][]} [files]
 * @property {string} [url]
 * @property {PageWords} [page]  what the page says: the pipeline quotes it for the agent, as material
 * @property {boolean} [cut]
 */

/**
 * @param {chrome.tabs.Tab} tab
 * @param {Wish} wish
 * @param {string} source
 * @param {() => Promise<Material>} collect
 * @returns {Promise<Started>}
 */
async function start(tab, wish, source, collect) {
  const { instruction, choices, thumbnail = "" } = wish;
  const title = (tab.title || tab.url || "").slice(0, TITLE_CHARS);
  const fingerprint = [source, choices.format, instruction].join("\n");
  const made = {
    ...newCard({ id: crypto.randomUUID(), title, instruction, thumbnail, fingerprint }),
    capturing: true,
  };
  return navigator.locks.request(captureLock(made.id), async () => {
    /** @type {string | undefined} */
    let underWay;
    await changeCards((all) => {
      underWay = all.find((one) => one.fingerprint === fingerprint && unfinished(one))?.id;
      return underWay ? all : [made, ...all];
    });
    if (underWay) return { id: underWay, underWay: true };
    try {
      await place(made.id, tab, title, wish, await collect());
    } catch (error) {
      const expected = error instanceof CaptureError;
      await giveUp(made.id, expected ? error.problem : "interrupted");
      if (!expected) throw error;
    }
    return { id: made.id, underWay: false };
  });
}

/**
 * @param {string} id
 * @param {chrome.tabs.Tab} tab
 * @param {string} title
 * @param {Wish} wish
 * @param {Material} material
 */
async function place(
  id,
  tab,
  title,
  { instruction, choices },
  { files = [], url, page, cut = false },
) {
  const at = URL.parse(tab.url ?? "");
  const address = at ? (at.origin + at.pathname).slice(0, ADDRESS_CHARS) : "";
  const body = {
    instruction: instruction.slice(0, INSTRUCTION_CHARS),
    aspect_ratio: choices.format,
    metadata: { title, page: address },
    ...(page ? { page: { ...page, url: address } } : {}),
    ...(url ? { url } : {}),
  };
  const order = newOrder(
    CREATE,
    body,
    files.map(([name]) => name),
  );
  await putFiles(
    order.key,
    files.map(([, file]) => file),
  );
  await changeCard(id, { capturing: false, cut, order });
}

/**
 * Captures that died with their worker: nothing was sent, and nothing can be captured without a click.
 */
export async function mourn() {
  for (const { id } of (await cards()).filter((one) => one.capturing)) {
    await navigator.locks.request(captureLock(id), { ifAvailable: true }, async (lock) => {
      if (lock && (await card(id))?.capturing) await giveUp(id, "interrupted");
    });
  }
}

/** @param {string} id */
const captureLock = (id) => `capture-${id}`;

/**
 * @param {string} id
 * @param {CaptureProblem} kind
 */
async function giveUp(id, kind) {
  await changeCard(id, { capturing: false, trouble: { kind, detail: "" }, seen: false });
}

/**
 * @param {string} address
 * @throws {CaptureError}
 */
function onTheWeb(address) {
  if (!/^https?:/.test(address)) throw new CaptureError("unreadable");
  return address;
}
