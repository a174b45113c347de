/** What the map is told to draw, and the state that its address shares. */

export interface Class {
  value: string | number | null;
  label: string;
  colour: string;
}
export interface Theme {
  id: string;
  title: string;
  layer: string;
  column: string;
  is_graduated: boolean;
  is_shown: boolean;
  classes: Class[];
  note: string;
}
export interface Field {
  name: string;
  label: string;
  unit: string | null;
  scale: number;
  unknown: string;
  values: Record<string, string> | null;
}
export interface Place {
  kind: "commune" | "park";
  id: string;
  label: string;
  box: [number, number, number, number];
  facts: Record<string, unknown>;
}
export interface Content {
  tiles: string;
  bounds: [number, number, number, number];
  base: { tiles: string; attribution: string } | null;
  attribution: string;
  notice: string | null;
  layers: string[];
  themes: Theme[];
  fields: Record<string, Field[]>;
  titles: Record<string, string>;
  places: Place[];
}

/** What is drawn beside the themes: outlines, names, establishments, the ground. */
export interface Mark {
  id: string;
  title: string;
  /** The layer of the tiles without which there is nothing to draw. */
  layer: string;
  is_shown: boolean;
  /** How its key in the legend is drawn, by the page's styles. */
  key: string;
  note?: string;
}

export const MARKS: Mark[] = [
  { id: "sites", title: "Limites des sites", layer: "parks", is_shown: true, key: "site" },
  { id: "limites", title: "Limites des communes", layer: "communes", is_shown: true, key: "commune" },
  { id: "noms", title: "Noms des communes et des sites", layer: "commune_names", is_shown: true, key: "name" },
  { id: "routes", title: "Grandes routes et leurs numéros", layer: "roads", is_shown: true, key: "road" },
  {
    id: "etablissements",
    title: "Établissements",
    layer: "establishments",
    is_shown: false,
    key: "firm",
    note: "De près seulement : plein, actif ; vide, fermé. Ceux qui s'opposent à la diffusion n'y sont pas.",
  },
  { id: "fond", title: "Fond Plan IGN", layer: "base", is_shown: true, key: "base" },
];

/** All that a link restores: where one looks, what is drawn, what is left out, what is open. */
export interface State {
  view: [number, number, number] | null;
  themes: Set<string>;
  marks: Set<string>;
  hidden: Map<string, Set<string>>;
  place: string | null;
  unit: string | null;
}

export const marksOf = (content: Content): Mark[] =>
  MARKS.filter(({ layer }) => (layer === "base" ? content.base : content.layers.includes(layer)));

const listed = (text: string | null): Set<string> | null =>
  text === null ? null : new Set(text.split(",").filter(Boolean));

/** A place or a unit that the address names but the release does not hold is found out by the page. */
export function readState(content: Content): State {
  const said = new URLSearchParams(location.hash.slice(1));
  const [lng = Number.NaN, lat = Number.NaN, zoom = Number.NaN] = (said.get("vue") ?? "").split(",").map(Number);
  const hidden = new Map<string, Set<string>>();
  for (const one of listed(said.get("sans")) ?? []) {
    const [theme = "", value = ""] = one.split(":");
    hidden.set(theme, (hidden.get(theme) ?? new Set()).add(value));
  }
  const shown = content.themes.filter(({ is_shown }) => is_shown).map(({ id }) => id);
  const drawn = MARKS.filter(({ is_shown }) => is_shown).map(({ id }) => id);
  return {
    view: [lng, lat, zoom].every(Number.isFinite) && Math.abs(lat) < 90 ? [lng, lat, zoom] : null,
    themes: listed(said.get("couches")) ?? new Set(shown),
    marks: listed(said.get("reperes")) ?? new Set(drawn),
    hidden,
    place: said.get("lieu"),
    unit: said.get("unite"),
  };
}

export function writeState(state: State): string {
  const said = new URLSearchParams({
    vue: (state.view ?? []).join(","),
    couches: [...state.themes].join(","),
    reperes: [...state.marks].join(","),
  });
  const sans = [...state.hidden].flatMap(([theme, values]) => [...values].map((value) => `${theme}:${value}`));
  if (sans.length > 0) said.set("sans", sans.join(","));
  if (state.place) said.set("lieu", state.place);
  if (state.unit) said.set("unite", state.unit);
  return said.toString();
}
