// The list of videos: loaded page by page, searched here, and kept up to date while somebody looks.

const PAGE_SIZE = 24;
/** The API lets three requests of an owner wait at once. Other programs of the owner need one, too. */
const FOLLOWED = 2;
const REFRESH_MS = 15_000;
const SHORTEST_FOLLOW_MS = 3000;
/** A list is read from an index that may be older than what was heard of a video itself. */
const INDEX_LAG_MS = 5000;
const RUNNING = new Set(["queued", "working"]);
/** @type {Record<string, string>} */
const STATUS_NAMES = {
  queued: "Queued",
  working: "Being made",
  ready: "Ready",
  needs_answer: "Has a question",
  failed: "Failed",
  cancelled: "Cancelled",
  superseded: "Replaced",
};

/** What people call a video: its title, else the name of what it is made from. @param {any} video */
const titleOf = (video) => {
  const title = video.metadata?.title;
  if (typeof title === "string" && title.trim()) return title.trim();
  const source = String(video.source || "");
  const plain = source.replace(/[?#].*/, "").replace(/\/+$/, "");
  let name = plain.slice(plain.lastIndexOf("/") + 1);
  if (!/^https?:/.test(source))
    name = name.replace(/(.)\.[A-Za-z0-9]{1,5}$/, "$1");
  try {
    name = decodeURIComponent(name);
  } catch {
    // It has a percent sign of its own.
  }
  return name || video.instruction || "Video";
};

/** One video's card. It is changed in place, so that the focus stays where it is. */
class VideoCard {
  root = copyOf("video-card");

  /** @param {Api} api @param {string} id */
  constructor(api, id) {
    new Deliveries(api, id, partOf(this.root, ".deliveries"));
  }

  /** @param {any} video */
  show(video) {
    const title = titleOf(video);
    const name = STATUS_NAMES[video.status] || video.status;
    const isRunning = RUNNING.has(video.status);
    this.root.dataset["status"] = video.status;
    this.root.dataset["id"] = video.id;
    write(this.root, "h3", title);
    write(this.root, ".state", name);
    write(this.root, ".deliveries .unseen", ` of ${title}`);
    write(this.root, ".facts", `${name} · ${atMinute(video.created_at)}`);
    write(
      this.root,
      ".message",
      video.status === "ready" ? "" : video.message || "",
    );
    write(
      this.root,
      ".instruction",
      video.instruction === title ? "" : video.instruction,
    );
    const bar = partOf(this.root, "progress");
    bar.hidden = !isRunning;
    bar.value = video.progress;
    bar.setAttribute("aria-label", `Progress of ${title}`);
    const watch = besideThisPage(video.links?.watch, "/watch/");
    const download = besideThisPage(video.links?.download, "/watch/");
    lead(this.root, ".watch", watch);
    partOf(this.root, ".watch").setAttribute(
      "aria-label",
      `Watch ${title} in a new tab`,
    );
    lead(this.root, ".download", download);
    partOf(this.root, ".download").setAttribute(
      "aria-label",
      `Download ${title}`,
    );
    partOf(this.root, ".links").hidden = !watch && !download;
    const frame = partOf(this.root, ".poster");
    if (watch) frame.setAttribute("href", watch);
    else frame.removeAttribute("href");
    this.#showPoster(besideThisPage(video.links?.poster, "/watch/"));
  }

  /** @param {string | null} address */
  #showPoster(address) {
    const picture = partOf(this.root, "img");
    if (!address || picture.getAttribute("src") === address) return;
    picture.hidden = false;
    picture.addEventListener("error", () => (picture.hidden = true), {
      once: true,
    });
    picture.src = address;
  }
}

/** The list of videos. */
class Videos {
  /** @type {Map<string, {video: any, card: VideoCard, heard: number, tag: string | null}>} */
  #shown = new Map();
  /** @type {Set<string>} */
  #followed = new Set();
  /** @type {string | null} */
  #cursor = null;
  /** A list that was asked for before the filter was changed is not shown. */
  #turn = 0;
  #hasLoaded = false;

  /** @param {Api} api @param {() => void} ended  called when a video has ended */
  constructor(api, ended) {
    this.api = api;
    this.ended = ended;
  }

  /** Load the first page, or load it again. */
  async refresh() {
    const turn = this.#turn;
    const { said } = await this.api.get(this.#path());
    if (turn !== this.#turn || this.api.hasEnded) return;
    const first = !this.#hasLoaded;
    this.#hasLoaded = true;
    if (first) this.#cursor = said.cursor;
    this.#forgetMissing(said.videos, !said.cursor);
    for (const video of said.videos) this.#takeListed(video);
    this.#show();
  }

  async more() {
    if (!this.#cursor) return;
    const turn = this.#turn;
    const { said } = await this.api.get(
      `${this.#path()}&cursor=${encodeURIComponent(this.#cursor)}`,
    );
    if (turn !== this.#turn || this.api.hasEnded) return;
    this.#cursor = said.cursor;
    for (const video of said.videos) this.#takeListed(video);
    this.#show();
  }

  /** Show the videos of another status. */
  filter() {
    this.#turn += 1;
    this.#hasLoaded = false;
    this.#cursor = null;
    for (const id of [...this.#shown.keys()]) this.#drop(id);
    this.#show();
    return this.refresh();
  }

  /** Show a video that was made just now. @param {any} video */
  add(video) {
    this.#take(video, Date.now());
    this.#show();
  }

  clear() {
    this.#turn += 1;
    for (const id of [...this.#shown.keys()]) this.#drop(id);
    report("found", "");
    report("videos-feedback", "");
    byId("more").hidden = true;
  }

  search() {
    this.#show();
  }

  /** Keep the list up to date until somebody signs out. */
  async keepUpToDate() {
    let wait = REFRESH_MS;
    while (!this.api.hasEnded) {
      await pause(wait);
      await seen();
      if (this.api.hasEnded) return;
      wait = await this.#tryTo(() => this.refresh());
    }
  }

  /**
   * @param {() => Promise<void>} work
   * @returns {Promise<number>} milliseconds to wait before the next request
   */
  async #tryTo(work) {
    try {
      await work();
      report("videos-feedback", "");
      return REFRESH_MS;
    } catch (error) {
      if (this.api.hasEnded || !(error instanceof ApiError)) return REFRESH_MS;
      report("videos-feedback", error.message);
      if (error.isAboutTheKey) document.dispatchEvent(new Event("key-refused"));
      return Math.max(REFRESH_MS, 1000 * error.retrySeconds);
    }
  }

  /** Follow the newest videos that are being made, so that their progress is seen at once. */
  #follow() {
    for (const { video } of this.#inOrder()) {
      if (this.#followed.size >= FOLLOWED) return;
      if (RUNNING.has(video.status) && !this.#followed.has(video.id))
        this.#followOne(video.id);
    }
  }

  /** @param {string} id */
  async #followOne(id) {
    this.#followed.add(id);
    let tag = this.#shown.get(id)?.tag ?? null;
    while (
      !this.api.hasEnded &&
      RUNNING.has(this.#shown.get(id)?.video.status)
    ) {
      await seen();
      const began = Date.now();
      let longest = SHORTEST_FOLLOW_MS;
      try {
        const wait = tag ? "?wait=20" : "";
        const {
          status,
          tag: news,
          said,
        } = await this.api.get(
          `v1/videos/${id}${wait}`,
          tag ? { "If-None-Match": tag } : {},
        );
        if (this.api.hasEnded || !this.#shown.has(id)) break;
        tag = news;
        if (status !== 304) {
          this.#take(said, Date.now(), tag);
          this.#show();
        }
      } catch (error) {
        if (!(error instanceof ApiError) || this.api.hasEnded) break;
        if (error.status === 404) {
          this.#drop(id);
          this.#show();
          break;
        }
        longest = 1000 * error.retrySeconds;
      }
      await pause(Math.max(500, longest - (Date.now() - began)));
    }
    this.#followed.delete(id);
    if (!this.api.hasEnded) this.#follow();
  }

  #path() {
    const status = byId("status").value;
    return `v1/videos?limit=${PAGE_SIZE}${status && `&status=${status}`}`;
  }

  /** @param {any} video */
  #takeListed(video) {
    const heard = this.#shown.get(video.id)?.heard ?? 0;
    if (Date.now() - heard > INDEX_LAG_MS) this.#take(video, 0);
  }

  /**
   * @param {any} video
   * @param {number} heard  when the API said this of the video itself; 0 if a list did
   * @param {string | null} [tag]
   */
  #take(video, heard, tag = null) {
    const known = this.#shown.get(video.id);
    const shown = known || {
      video,
      card: new VideoCard(this.api, video.id),
      heard,
      tag,
    };
    if (
      known &&
      RUNNING.has(known.video.status) &&
      !RUNNING.has(video.status)
    ) {
      report(
        "announced",
        `${titleOf(video)}: ${STATUS_NAMES[video.status] || video.status}`,
      );
      this.ended();
    }
    shown.video = video;
    shown.heard = heard || shown.heard;
    shown.tag = tag ?? shown.tag;
    shown.card.show(video);
    this.#shown.set(video.id, shown);
  }

  /** Remove what the API no longer lists. @param {any[]} listed @param {boolean} isAll */
  #forgetMissing(listed, isAll) {
    const ids = new Set(listed.map((video) => video.id));
    const last = listed.at(-1)?.created_at ?? "";
    for (const [id, { video, heard }] of this.#shown) {
      const isCovered = isAll || video.created_at > last;
      const isKnown =
        ids.has(id) ||
        this.#followed.has(id) ||
        Date.now() - heard < INDEX_LAG_MS;
      if (isCovered && !isKnown) this.#drop(id);
    }
  }

  /** @param {string} id */
  #drop(id) {
    this.#shown.get(id)?.card.root.remove();
    this.#shown.delete(id);
  }

  #inOrder() {
    return [...this.#shown.values()].sort((one, other) => {
      const [a, b] = [one.video, other.video];
      return (
        b.created_at.localeCompare(a.created_at) || b.id.localeCompare(a.id)
      );
    });
  }

  #show() {
    const words = byId("search").value.trim().toLowerCase().split(/\s+/);
    const list = byId("videos");
    const all = this.#inOrder();
    let found = 0;
    all.forEach(({ video, card }, place) => {
      const text =
        `${titleOf(video)} ${video.instruction} ${video.source || ""} ${video.id}`.toLowerCase();
      card.root.hidden = !words.every((/** @type {string} */ word) =>
        text.includes(word),
      );
      if (!card.root.hidden) found += 1;
      if (list.children[place] !== card.root)
        list.insertBefore(card.root, list.children[place] ?? null);
    });
    byId("more").hidden = !this.#cursor;
    report("found", this.#sentence(found, all.length, Boolean(words.join(""))));
    this.#follow();
  }

  /** @param {number} found @param {number} loaded @param {boolean} isSearch */
  #sentence(found, loaded, isSearch) {
    const older = this.#cursor ? " Load more to see older ones." : "";
    const videos = loaded === 1 ? "video" : "videos";
    if (isSearch)
      return `${found} of ${loaded} loaded ${videos} found.${older}`;
    if (loaded) return `${loaded} ${videos}.${older}`;
    if (!this.#hasLoaded) return "Loading…";
    return byId("status").value
      ? "No video has this status."
      : "No videos yet. Make the first one above.";
  }
}
