// What credits there are: the balance, and what is left of the spending limits.

/** The balance and the limits. */
class Spending {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
  }

  async refresh() {
    try {
      const { said } = await this.api.get("v1/credits");
      if (this.api.hasEnded) return;
      byId("balance").textContent = `${inFigures(said.available)} credits`;
      byId("balance").hidden = false;
      const lines = [
        ["Available", `${inFigures(said.available)} credits`],
        [
          "Reserved for videos that are being made",
          `${inFigures(said.frozen)} credits`,
        ],
      ];
      this.#show([...lines, ...(await this.#limits())]);
      report("spending-feedback", "");
    } catch (error) {
      if (!this.api.hasEnded && error instanceof Error)
        report("spending-feedback", error.message);
    }
  }

  clear() {
    byId("balance").hidden = true;
    byId("balance").textContent = "";
    byId("spending").replaceChildren();
    report("spending-feedback", "");
  }

  /** What is left of each limit. A key that may only read cannot ask for it. */
  async #limits() {
    const offer = await this.api
      .post("v1/videos/estimate", { instruction: "Make a video" })
      .catch(() => null);
    return (offer?.budgets || []).map((/** @type {any} */ budget) => [
      `Left of ${budget.of === "owner" ? "your" : "the shared"} limit per ${budget.period}`,
      `${inFigures(budget.left)} of ${inFigures(budget.credits)} credits`,
    ]);
  }

  /** @param {string[][]} lines */
  #show(lines) {
    byId("spending").replaceChildren(
      ...lines.map(([name, value]) => {
        const line = document.createElement("div");
        for (const [kind, text] of [
          ["dt", name],
          ["dd", value],
        ]) {
          const part = document.createElement(kind || "dt");
          part.textContent = text || "";
          line.append(part);
        }
        return line;
      }),
    );
  }
}
