import { enhanceTable } from "./table.js";

for (const table of document.querySelectorAll<HTMLTableElement>("table[data-list]")) enhanceTable(table);

for (const select of document.querySelectorAll<HTMLSelectElement>("select[data-go]")) {
  select.addEventListener("change", () => location.assign(select.value + location.search + location.hash));
}

for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

/** Large libraries come only to a page that uses them, when that part comes near the screen. */
function whenSeen(hosts: Iterable<HTMLElement>, show: (host: HTMLElement) => Promise<void>): void {
  for (const host of hosts) {
    const seen = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        seen.disconnect();
        void show(host);
      },
      { rootMargin: "300px" },
    );
    seen.observe(host);
  }
}

const figures = document.querySelectorAll<HTMLElement>("figure[data-chart]");
if (figures.length > 0) {
  // after what is read first; all of them, for those who print
  addEventListener("load", () => {
    void import("./chart.js").then(({ drawChart }) => figures.forEach((figure) => drawChart(figure)));
  });
}
whenSeen(document.querySelectorAll<HTMLElement>("[data-map]"), async (host) => {
  await (await import("./map.js")).showMap(host);
});

for (const host of document.querySelectorAll<HTMLElement>("[data-facts]")) {
  void import("./facts.js").then(({ showFacts }) => showFacts(host));
}
const compared = document.querySelector<HTMLElement>("[data-compare]");
if (compared) void import("./compare.js").then(({ showCompared }) => showCompared(compared));
const whatIf = document.querySelector<HTMLFormElement>("form[data-what-if]");
if (whatIf) void import("./what_if_page.js").then(({ showWhatIf }) => showWhatIf(whatIf));
