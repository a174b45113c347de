/** The arithmetic of a what-if, as `observatory whatif` does it: no page, so that Node runs it too. */

export type Range = [low: number, central: number, high: number];
export interface Figures {
  sites: { code: string; name: string; land: Range }[];
  vocations: Record<string, Range>;
  sectors: { code: string; name: string; vocation: string; shares: [string, number, number][] }[];
  occupations: Record<string, { name: string; tension: number | null; year: number | null }>;
  largest: number;
}
export interface Need {
  code: string;
  jobs: Range;
}
export interface Outcome {
  site: Figures["sites"][number];
  sector: Figures["sectors"][number];
  vocation: string;
  land: Range;
  perThousand: Range;
  jobs: Range;
  needs: Need[];
}
export const NAMES = ["site", "sector", "hectares", "hectares-per-1000-jobs", "vocation"] as const;

export function hostJobs(land: Range, perThousand: Range): Range {
  return [
    (1000 * land[0]) / perThousand[2],
    (1000 * land[1]) / perThousand[1],
    (1000 * land[2]) / perThousand[0],
  ];
}

export function needOccupations(jobs: Range, shares: [string, number, number][]): Need[] {
  return shares
    .map(([code, share, named]): Need => {
      const [own, told] = [share / 100, named / 100];
      return { code, jobs: [jobs[0] * own * told, jobs[1] * own * told, jobs[2] * own] };
    })
    .sort((a, b) => b.jobs[2] - a.jobs[2] || (a.code < b.code ? -1 : 1));
}

/** What comes out of the assumptions of an address, or the sentence that says what is wrong. */
export function tryOut(figures: Figures, given: URLSearchParams): Outcome | string {
  const site = figures.sites.find(({ code }) => code === given.get("site"));
  if (!site) return `Aucun site n'a l'identifiant « ${given.get("site") ?? ""} ».`;
  const sector = figures.sectors.find(({ code }) => code === given.get("sector"));
  if (!sector) return `Aucun secteur pondéré n'a le code « ${given.get("sector") ?? ""} ».`;
  const hectares = amount(given.get("hectares"), figures.largest);
  if (hectares === undefined) return refused("Foncier", figures.largest);
  const density = amount(given.get("hectares-per-1000-jobs"), figures.largest);
  if (density === undefined || density === 0) return refused("Ha pour 1 000 emplois", figures.largest);
  const vocation = given.get("vocation") || sector.vocation;
  const own = Object.hasOwn(figures.vocations, vocation) ? figures.vocations[vocation] : undefined;
  const perThousand: Range | undefined = density === null ? own : [density, density, density];
  if (!perThousand) {
    return `Aucun site du territoire ne dit les hectares par emploi de la vocation « ${vocation} » : choisissez-en une autre, ou donnez une valeur.`;
  }
  const land: Range = hectares === null ? site.land : [hectares, hectares, hectares];
  const jobs = hostJobs(land, perThousand);
  return { site, sector, vocation, land, perThousand, jobs, needs: needOccupations(jobs, sector.shares) };
}

/** A number that was given, null for none, undefined for what is no number of the range. */
function amount(text: string | null, largest: number): number | null | undefined {
  if (text === null || text.trim() === "") return null;
  const number = Number(text.trim().replace(",", "."));
  return number >= 0 && number <= largest ? number : undefined;
}

const refused = (name: string, largest: number): string =>
  `${name} : un nombre de 0 à ${largest} est attendu, et plus de 0 pour les hectares par emploi.`;
