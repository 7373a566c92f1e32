// Batches that were begun in this tab, or whose id was typed in. The API has no list of batches.

const BATCHES_MS = 10_000;
const BATCH_ID = /^bat-[A-Za-z0-9_-]{1,64}$/;
const BATCHES_KEPT = "nemo-video-batches";

/** The batches of this tab. */
class Batches {
  /** @type {Map<string, {batch: any, line: HTMLElement}>} */
  #shown = new Map();

  /** @param {Api} api */
  constructor(api) {
    this.api = api;
  }

  /** Show the batches that this tab remembers. */
  async open() {
    for (const id of remembered(BATCHES_KEPT).split(" ")) {
      if (BATCH_ID.test(id)) await this.#read(id).catch(() => undefined);
    }
  }

  /** @param {string} id */
  async find(id) {
    if (!BATCH_ID.test(id)) throw new Error("A batch id begins with bat-.");
    await this.#read(id);
  }

  /** @param {any} batch */
  show(batch) {
    const known = this.#shown.get(batch.id);
    const line = known ? known.line : copyOf("batch-line");
    if (!known) byId("batches").prepend(line);
    this.#shown.set(batch.id, { batch, line });
    // One that could not be read is still remembered.
    const kept = remembered(BATCHES_KEPT).split(" ").filter(Boolean);
    remember(BATCHES_KEPT, [...new Set([...kept, batch.id])].join(" "));
    write(line, ".name", batch.name);
    write(line, ".id", batch.id);
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

  clear() {
    for (const { line } of this.#shown.values()) line.remove();
    this.#shown.clear();
    report("batches-feedback", "");
  }

  async keepUpToDate() {
    while (!this.api.hasEnded) {
      await pause(BATCHES_MS);
      await seen();
      for (const { batch } of [...this.#shown.values()]) {
        if (!this.api.hasEnded && RUNNING.has(batch.status)) {
          await this.#read(batch.id).catch(() => undefined); // the next one may get through
        }
      }
    }
  }

  /** @param {string} id */
  async #read(id) {
    const { said } = await this.api.get(`v1/batches/${encodeURIComponent(id)}`);
    if (!this.api.hasEnded) this.show(said);
  }
}
