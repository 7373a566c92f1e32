// The list of batches: loaded page by page, newest first, and kept up to date while somebody looks.

const BATCHES_PAGE = 10;
const BATCH_LINK = /^#batch=(bat-[A-Za-z0-9_-]{1,64})$/;

/** The batches of the key's owner. */
class Batches {
  /** @type {Map<string, {batch: any, line: HTMLElement}>} */
  #shown = new Map();
  /** @type {string | null} */
  #cursor = null;
  #hasLoaded = false;

  /** @param {Api} api */
  constructor(api) {
    this.api = api;
  }

  /** Load the newest batches, or load them again. */
  async refresh() {
    const { said } = await this.api.get(`v1/batches?limit=${BATCHES_PAGE}`);
    if (this.api.hasEnded) return;
    if (!this.#hasLoaded) this.#cursor = said.cursor;
    this.#hasLoaded = true;
    this.#take(said.batches);
  }

  async more() {
    if (!this.#cursor) return;
    const after = encodeURIComponent(this.#cursor);
    const { said } = await this.api.get(
      `v1/batches?limit=${BATCHES_PAGE}&cursor=${after}`,
    );
    if (this.api.hasEnded) return;
    this.#cursor = said.cursor;
    this.#take(said.batches);
  }

  /** Show the batch that the address of this page names, as the links in mails do. */
  async openLinked() {
    const id = location.hash.match(BATCH_LINK)?.[1];
    if (!id) return;
    await this.#read(id);
    const line = this.#shown.get(id)?.line;
    line?.setAttribute("tabindex", "-1");
    line?.focus();
  }

  /** @param {any} batch */
  show(batch) {
    this.#take([batch]);
  }

  clear() {
    for (const { line } of this.#shown.values()) line.remove();
    this.#shown.clear();
    byId("more-batches").hidden = true;
    report("batches-found", "");
    report("batches-feedback", "");
  }

  async keepUpToDate() {
    while (!this.api.hasEnded) {
      await pause(REFRESH_MS);
      await seen();
      const running = [...this.#shown.values()].filter(({ batch }) =>
        RUNNING.has(batch.status),
      );
      await this.refresh().catch(() => undefined); // the next request may succeed
      for (const { batch } of running) {
        const isOld = this.#shown.get(batch.id)?.batch === batch;
        if (!this.api.hasEnded && isOld)
          await this.#read(batch.id).catch(() => undefined);
      }
    }
  }

  /** @param {string} id */
  async #read(id) {
    const { said } = await this.api.get(`v1/batches/${encodeURIComponent(id)}`);
    if (!this.api.hasEnded) this.#take([said]);
  }

  /** @param {any[]} batches */
  #take(batches) {
    for (const batch of batches) {
      const line = this.#shown.get(batch.id)?.line || copyOf("batch-line");
      this.#shown.set(batch.id, { batch, line });
      this.#write(batch, line);
    }
    const all = [...this.#shown.values()].sort(
      ({ batch: a }, { batch: b }) =>
        b.created_at.localeCompare(a.created_at) || b.id.localeCompare(a.id),
    );
    const list = byId("batches");
    all.forEach(({ line }, place) => {
      if (list.children[place] !== line)
        list.insertBefore(line, list.children[place] ?? null);
    });
    byId("more-batches").hidden = !this.#cursor;
    report("batches-found", all.length ? "" : "No batches yet.");
  }

  /** @param {any} batch @param {HTMLElement} line */
  #write(batch, line) {
    write(line, ".name", batch.name);
    write(line, ".facts", `${batch.id} · ${atMinute(batch.created_at)}`);
    write(line, ".message", batch.message);
    const bar = partOf(line, "progress");
    bar.hidden = !RUNNING.has(batch.status);
    bar.value = batch.progress;
    bar.setAttribute("aria-label", `Progress of ${batch.name}`);
    const counts = Object.entries(batch.counts).map(
      ([status, count]) => `${count} ${status.replaceAll("_", " ")}`,
    );
    write(line, ".counts", counts.join(" · "));
    lead(line, ".results", besideThisPage(batch.links?.results, "/batches/"));
    partOf(line, ".results").setAttribute(
      "aria-label",
      `Results of ${batch.name}`,
    );
  }
}
