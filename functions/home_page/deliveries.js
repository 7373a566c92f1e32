// The webhooks of one video: when and where to they were sent, and how they were received. Loaded when somebody asks.

const SENDING_MS = 5000;
/** @type {Record<string, string>} */
const EVENT_NAMES = {
  "video.started": "Started",
  "video.progress": "Progress",
  "video.ended": "Ended",
};

/** How a webhook was received, in words. @param {any} delivery */
const resultOf = ({ state, attempts, next_attempt_at: next }) => {
  const last = attempts.at(-1);
  const count =
    attempts.length === 1 ? "1 attempt" : `${attempts.length} attempts`;
  if (state === "delivered")
    return `Delivered (HTTP ${last?.status_code ?? "2xx"}), ${count}.`;
  const failed = last?.error ? `${last.error} ${count}.` : "Being sent.";
  if (state === "given_up") return `Not delivered. ${failed}`;
  return next && last?.error
    ? `${failed} Next attempt: ${atMinute(next)}.`
    : failed;
};

/** The part of a video's card that shows them. */
class Deliveries {
  /** @type {Map<string, HTMLElement>} */
  #lines = new Map();
  #isFollowed = false;
  /** @type {any[]} */
  #shown = [];

  /** @param {Api} api @param {string} id  of the video @param {any} root  the element that is opened */
  constructor(api, id, root) {
    this.api = api;
    this.path = `v1/videos/${encodeURIComponent(id)}/deliveries`;
    this.root = root;
    this.feedback = `deliveries-${id}`;
    partOf(root, ".feedback").id = this.feedback;
    root.addEventListener("toggle", () => {
      if (root.open) this.#follow();
    });
  }

  /** Load them, and again while somebody looks: more often while one is on its way. */
  async #follow() {
    if (this.#isFollowed) return;
    this.#isFollowed = true;
    while (this.root.open && !this.api.hasEnded) {
      await attempt(this.feedback, () => this.#load());
      const isSending = this.#shown.some(({ state }) => state === "pending");
      await pause(isSending ? SENDING_MS : REFRESH_MS);
      await seen();
    }
    this.#isFollowed = false;
  }

  async #load() {
    const { said } = await this.api.get(this.path);
    if (!this.api.hasEnded) this.#show(said.deliveries);
  }

  /** @param {any[]} deliveries  newest first, as the API lists them */
  #show(deliveries) {
    this.#shown = deliveries;
    const list = partOf(this.root, "ul");
    deliveries.forEach((delivery, place) => {
      const line = this.#lines.get(delivery.id) || this.#newLine(delivery);
      this.#lines.set(delivery.id, line);
      line.dataset["state"] = delivery.state;
      write(line, ".result", resultOf(delivery));
      if (list.children[place] !== line)
        list.insertBefore(line, list.children[place] ?? null);
    });
    write(
      this.root,
      ".none",
      deliveries.length ? "" : "No webhook was sent for this video.",
    );
  }

  /** @param {any} delivery */
  #newLine({ id, type, version, url, created_at }) {
    const line = copyOf("delivery-line");
    const name = `${EVENT_NAMES[type] || type}, version ${version}`;
    write(line, ".event", name);
    write(line, ".when", atMinute(created_at));
    write(line, ".to", url || "");
    const again = partOf(line, ".again");
    again.hidden = type === "video.progress"; // these cannot be sent again
    again.setAttribute("aria-label", `Send again: ${name}`);
    again.addEventListener("click", () =>
      busy(again, this.feedback, () => this.#sendAgain(id)),
    );
    return line;
  }

  /** @param {string} id */
  async #sendAgain(id) {
    const sent = await this.api.post(
      `${this.path}/${encodeURIComponent(id)}/redeliver`,
      {},
      newRepeatKey(),
    );
    if (this.api.hasEnded) return;
    this.#show(this.#shown.map((known) => (known.id === id ? sent : known)));
    report(this.feedback, "It is sent again.");
    await pause(1000); // most are received at once
    await this.#load();
  }
}
