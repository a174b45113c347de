/** What a site could host: the arithmetic of `observatory whatif`, on the released figures of the page. */
export {};

type Levels = [number, number, number];
type Occupation = [code: string, label: string | null, share: number, named: number];

interface Figures {
  sites: Record<string, { name: string; land: Levels }>;
  densities: Record<string, Levels>;
  sectors: Record<string, { name: string; vocation: string; occupations: Occupation[] }>;
  tension: Record<string, [number, number | null]>;
}

const form = document.querySelector<HTMLFormElement>("form[data-what-if]");
const source = document.querySelector("script[data-part=data]");
if (form && source) begin(form, JSON.parse(source.textContent ?? "{}") as Figures);

function begin(form: HTMLFormElement, figures: Figures): void {
  const asked = new URLSearchParams(location.search);
  for (const field of fieldsOf(form)) {
    const value = asked.get(field.name);
    const isKnown = !(field instanceof HTMLSelectElement) || [...field.options].some((o) => o.value === value);
    if (value !== null && isKnown) field.value = value;
  }
  const show = (): void => compute(form, figures);
  form.addEventListener("input", () => {
    const told = fieldsOf(form).filter(({ value }) => value !== "").map(({ name, value }) => [name, value]);
    history.replaceState(null, "", `?${new URLSearchParams(told).toString()}`);
    show();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
}

function fieldsOf(form: HTMLFormElement): (HTMLSelectElement | HTMLInputElement)[] {
  return [...form.querySelectorAll<HTMLSelectElement | HTMLInputElement>("select, input")];
}

function compute(form: HTMLFormElement, figures: Figures): void {
  const told = Object.fromEntries(fieldsOf(form).map(({ name, value }) => [name, value]));
  const site = figures.sites[told.site ?? ""];
  const sector = figures.sectors[told.secteur ?? ""];
  const problem = document.querySelector("[data-part=problem]");
  if (!site || !sector || !problem) return;
  const vocation = told.vocation || sector.vocation;
  const land = all(told.hectares) ?? site.land;
  const density = all(told.densite) ?? figures.densities[vocation];
  problem.textContent = "";
  if (!density || density.some((value) => !(value > 0)) || land.some((value) => !(value >= 0))) {
    problem.textContent = density
      ? "Un foncier d'au moins 0 ha et une densité au-dessus de 0 sont attendus."
      : `Aucune densité n'est connue des sites de vocation « ${vocation} » : choisir une autre vocation, ou donner les hectares pour 1 000 emplois.`;
    fill("assumptions", []);
    fill("occupations", []);
    return;
  }
  // least land at the loosest use, most land at the densest
  const jobs: Levels = [
    (1000 * land[0]) / density[2],
    (1000 * land[1]) / density[1],
    (1000 * land[2]) / density[0],
  ];
  const given = "donné";
  fill("assumptions", [
    ["Foncier (ha)", ...written(land, 2), told.hectares ? given : "unités du site"],
    ["Hectares pour 1 000 emplois", ...written(density, 1), told.densite ? given : `sites de vocation ${vocation} : quartiles, médiane`],
    ["Emplois possibles", ...written(jobs, 0), "foncier ÷ hectares par emploi"],
  ]);
  const needed = sector.occupations.map(([code, label, share, named]) => {
    const part = share / 100;
    const counts: Levels = [(jobs[0] * part * named) / 100, (jobs[1] * part * named) / 100, jobs[2] * part];
    return { code, label: label ?? code, counts };
  });
  needed.sort((a, b) => b.counts[2] - a.counts[2] || (a.code < b.code ? -1 : 1));
  fill(
    "occupations",
    needed.map(({ code, label, counts }) => {
      const [tension, year] = figures.tension[code] ?? [];
      return [label, ...written(counts, 0), tension ? String(tension) : "inconnue", year ? String(year) : ""];
    }),
  );
}

function all(text: string | undefined): Levels | undefined {
  if (!text) return undefined;
  const value = Number(text);
  return [value, value, value];
}

function written(range: Levels, digits: number): string[] {
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return range.map((value) => value.toLocaleString("fr-FR", format));
}

function fill(part: string, rows: string[][]): void {
  const table = document.querySelector<HTMLTableElement>(`table[data-part=${part}]`);
  const body = table?.tBodies[0];
  const heads = table?.tHead?.rows[0]?.cells;
  if (!body || !heads) return;
  body.replaceChildren(
    ...rows.map((row) => {
      const line = document.createElement("tr");
      row.forEach((text, at) => {
        const cell = document.createElement(at === 0 ? "th" : "td");
        if (at === 0) cell.setAttribute("scope", "row");
        cell.className = heads[at]?.className ?? "";
        cell.textContent = text;
        line.append(cell);
      });
      return line;
    }),
  );
}
