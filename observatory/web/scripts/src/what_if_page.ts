/** The page of a what-if: its form, its address, and what comes out. */
import { enhanceTable } from "./table.js";
import { NAMES, type Figures, type Outcome, type Range, tryOut } from "./what_if.js";

// as the terminal rounds
const shown = (digits: number): ((value: number) => string) => {
  const format = new Intl.NumberFormat("fr-FR", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    roundingMode: "halfEven",
  } as Intl.NumberFormatOptions);
  return (value) => format.format(value);
};
const [whole, tenths, hundredths] = [shown(0), shown(1), shown(2)];

export function showWhatIf(form: HTMLFormElement): void {
  const figures = JSON.parse(document.getElementById("what-if-figures")?.textContent ?? "") as Figures;
  const result = document.querySelector<HTMLElement>("[data-what-if-result]");
  if (!result) return;
  const given = new URLSearchParams(location.search);
  fill(form, "site", figures.sites.map(({ code, name }) => [code, `${name} (${code})`]));
  fill(form, "sector", figures.sectors.map(({ code, name }) => [code, name]));
  const vocations = Object.keys(figures.vocations).map((name): [string, string] => [name, name]);
  fill(form, "vocation", [["", "celle du secteur"], ...vocations]);
  const first = figures.sites.find(({ land }) => land[1] > 0) ?? figures.sites[0];
  if (!given.has("site") && first) given.set("site", first.code);
  if (!given.has("sector")) given.set("sector", figures.sectors[0]?.code ?? "");
  for (const name of NAMES) field(form, name).value = given.get(name) ?? "";
  form.hidden = false;
  const show = (asked: URLSearchParams): void => {
    const outcome = tryOut(figures, asked);
    result.replaceChildren(...(typeof outcome === "string" ? [paragraph(outcome)] : tell(outcome, figures, result.dataset.suffix ?? "")));
    for (const table of result.querySelectorAll<HTMLTableElement>("table[data-list]")) enhanceTable(table);
  };
  show(given);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    const asked = new URLSearchParams();
    for (const name of NAMES) {
      const input = field(form, name);
      // a number that the browser cannot read is no blank
      const text = input.validity.badInput ? "?" : input.value;
      if (text) asked.set(name, text);
    }
    history.replaceState(null, "", `?${asked.toString()}`);
    show(asked);
  });
}

function field(form: HTMLFormElement, name: string): HTMLInputElement | HTMLSelectElement {
  return form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement;
}

function fill(form: HTMLFormElement, name: string, choices: [string, string][]): void {
  field(form, name).replaceChildren(...choices.map(([code, text]) => new Option(text, code)));
}

function paragraph(text: string, kind = "text"): HTMLElement {
  const element = document.createElement("p");
  element.className = kind;
  element.textContent = text;
  return element;
}

function tell(
  { site, sector, vocation, land, perThousand, jobs, needs }: Outcome,
  figures: Figures,
  suffix: string,
): HTMLElement[] {
  const line = (name: string, range: Range, written: (value: number) => string): string[] => [
    name,
    ...range.map(written),
  ];
  // land per job works the other way: much of it makes few jobs
  const loosest: Range = [perThousand[2], perThousand[1], perThousand[0]];
  const lines = [
    line("Foncier (ha)", land, hundredths),
    line(`Ha pour 1 000 emplois (sites de vocation ${vocation}, ou donné)`, loosest, tenths),
    line("Emplois possibles", jobs, whole),
  ];
  const occupations = needs.map(({ code, jobs: own }) => {
    const told = figures.occupations[code];
    const tension = told?.tension == null ? "inconnue" : `${told.tension} (${told.year})`;
    return [`${told?.name ?? code} (${code})`, ...own.map(whole), tension];
  });
  return [
    cards(jobs),
    tableOf(`${site.name} : ${sector.name}${suffix}`, ["Hypothèse", "Bas", "Central", "Haut"], lines, ""),
    tableOf(
      `Métiers que ces emplois demanderaient${suffix}`,
      ["Métier (FAP 2009)", "Bas", "Central", "Haut", "Classe de tension"],
      occupations,
      "et-si-metiers",
    ),
  ];
}

function cards(jobs: Range): HTMLElement {
  const list = document.createElement("ul");
  list.className = "cards";
  (["au plus bas", "au centre", "au plus haut"] as const).forEach((end, at) => {
    const card = document.createElement("li");
    card.className = "card";
    const figure = document.createElement("span");
    figure.className = "figure";
    figure.textContent = whole(jobs[at] ?? 0);
    card.append(figure, `emplois possibles, ${end}`);
    list.append(card);
  });
  return list;
}

function tableOf(caption: string, heads: string[], lines: string[][], list: string): HTMLElement {
  const scroll = document.createElement("div");
  scroll.className = "scroll";
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", caption);
  const table = document.createElement("table");
  if (list) table.dataset.list = list;
  table.createCaption().textContent = caption;
  const head = table.createTHead().insertRow();
  heads.forEach((text, at) => {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = text;
    if (at > 0) cell.className = "n";
    head.append(cell);
  });
  const body = table.createTBody();
  for (const line of lines) {
    const row = body.insertRow();
    line.forEach((text, at) => {
      const cell = row.insertCell();
      cell.textContent = text;
      if (at > 0) cell.className = "n";
    });
  }
  scroll.append(table);
  return scroll;
}
