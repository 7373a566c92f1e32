// What credits there are: the balance, and what is left of the spending limits.

/** The balance and the limits. */
class Spending {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
  }

  async refresh() {
    try {
      const [{ said }, { said: spent }] = await Promise.all([
        this.api.get("v1/credits"),
        this.api.get("v1/spending?days=30"),
      ]);
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
      this.#show([...lines, ...this.#limits(spent.budgets)]);
      this.#showDays(spent.days);
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
    byId("spending-days").replaceChildren();
    byId("spending-table").hidden = true;
    report("spending-none", "");
    report("spending-feedback", "");
  }

  /** @param {any[]} budgets */
  #limits(budgets) {
    return budgets.map((budget) => [
      `Left of ${budget.of === "owner" ? "your" : "the shared"} limit per ${budget.period}`,
      `${inFigures(budget.left)} of ${inFigures(budget.credits)} credits`,
    ]);
  }

  /** Show the days on which something was spent, the newest first. @param {any[]} days */
  #showDays(days) {
    const spent = days.filter((day) => day.credits || day.videos || day.edits);
    const most = Math.max(...spent.map((day) => day.credits), 1);
    const lines = spent.reverse().map((day) => {
      const line = copyOf("spending-line");
      const date = new Date(`${day.date}T00:00:00Z`);
      write(
        line,
        "th",
        date.toLocaleDateString("en", {
          month: "short",
          day: "numeric",
          timeZone: "UTC",
        }),
      );
      write(line, ".made", String(day.videos));
      write(line, ".edited", String(day.edits));
      write(line, ".credits", inFigures(day.credits));
      const bar = partOf(line, "meter");
      bar.max = most;
      bar.value = day.credits;
      return line;
    });
    byId("spending-days").replaceChildren(...lines);
    byId("spending-table").hidden = !lines.length;
    report(
      "spending-none",
      lines.length ? "" : "No credits were used in the last 30 days.",
    );
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
