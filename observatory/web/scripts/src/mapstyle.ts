/** The style of the map: a projection of what is told, of what is shown, and of day or night. */

import regular from "@fontsource/source-sans-3/files/source-sans-3-latin-400-normal.woff2";
import type {
  ExpressionSpecification,
  FilterSpecification,
  LayerSpecification,
  StyleSpecification,
} from "maplibre-gl";
import { type Content, marksOf, type State, type Theme } from "./mapcontent.js";

const DAY = {
  outside: "#dfe4e8", land: "#f8f8f5", commune: "#7d8992", site: "#1d3f72", road: "#c9a24b", roadText: "#5c4510", text: "#1a1a1a",
  siteText: "#14305a", halo: "#ffffff", unit: "#ffffff", chosen: "#d1410c", firm: "#1a1a1a",
};
const NIGHT: typeof DAY = {
  outside: "#0b1117", land: "#1d2731", commune: "#7f909e", site: "#9cc2ff", road: "#8c7434", roadText: "#ecd699", text: "#eef2f6",
  siteText: "#c3dcff", halo: "#0b1117", unit: "#10171f", chosen: "#ffb566", firm: "#f2f5f8",
};

// of roads that have no number, as the released table writes it
const UNNUMBERED = "sans numéro";
// what lies under parks and units lets the ground be seen
const OPACITY: Record<string, number> = { communes: 0.7, zoning: 0.5, risks: 0.5 };

const near = (path: string): string => new URL(path, import.meta.url).href;

function colour(theme: Theme): ExpressionSpecification {
  const unknown = theme.classes.find(({ value }) => value === null)?.colour ?? "#cccccc";
  const known = theme.classes.filter(({ value }) => value !== null);
  if (!theme.is_graduated) {
    const pairs = known.flatMap(({ value, colour: own }) => [String(value), own]);
    return ["match", ["get", theme.column], ...pairs, unknown] as unknown as ExpressionSpecification;
  }
  const [first, ...more] = known;
  const steps = more.flatMap(({ value, colour: own }) => [Number(value), own]);
  const step = ["step", ["get", theme.column], first?.colour ?? unknown, ...steps];
  return ["case", ["has", theme.column], step, unknown] as unknown as ExpressionSpecification;
}

/** What of a theme is drawn: all but the classes that were unchecked. */
export function keptBy(theme: Theme, state: State): FilterSpecification {
  const hidden = [...(state.hidden.get(theme.id) ?? [])];
  return ["!", ["in", ["get", theme.column], ["literal", hidden]]] as unknown as FilterSpecification;
}

function themeLayer(theme: Theme, state: State): LayerSpecification {
  const common = {
    id: theme.id,
    source: "carte",
    "source-layer": theme.layer,
    filter: keptBy(theme, state),
    layout: { visibility: state.themes.has(theme.id) ? ("visible" as const) : ("none" as const) },
  };
  if (theme.layer !== "brownfields") {
    const paint = { "fill-color": colour(theme), "fill-opacity": OPACITY[theme.layer] ?? 0.85 };
    return { ...common, type: "fill", paint };
  }
  return {
    ...common,
    type: "circle",
    paint: {
      "circle-color": colour(theme),
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, 4, 14, 9],
      "circle-stroke-color": "#1a1a1a",
      "circle-stroke-width": 1.5,
    },
  };
}

/** The layers of each mark, by its name; a layer is named after its mark, a second with a dash. */
function markLayers(inks: typeof DAY): Record<string, LayerSpecification[]> {
  const tiles = { source: "carte" } as const;
  const name = (id: string, layer: string, label: string): LayerSpecification => ({
    ...tiles,
    id,
    type: "symbol",
    "source-layer": layer,
    layout: {
      "text-field": ["get", label],
      "text-font": ["Source"],
      "text-size": layer === "park_names" ? 12 : ["interpolate", ["linear"], ["zoom"], 8, 11, 12, 14],
      "text-max-width": 8,
      "text-padding": layer === "park_names" ? 6 : 10,
      "symbol-sort-key": ["get", "rank"],
    },
    paint: {
      "text-color": layer === "park_names" ? inks.siteText : inks.text,
      "text-halo-color": inks.halo,
      "text-halo-width": 1.6,
    },
    ...(layer === "park_names" && { minzoom: 12.5 }),
  });
  return {
    routes: [{
      ...tiles, id: "routes", type: "line", "source-layer": "roads",
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": inks.road, "line-width": ["interpolate", ["linear"], ["zoom"], 8, 1, 14, 4] },
    }],
    "routes-noms": [{
      ...tiles, id: "routes-noms", type: "symbol", "source-layer": "roads", minzoom: 9,
      filter: ["!=", ["get", "road_number"], UNNUMBERED],
      layout: {
        "symbol-placement": "line",
        "symbol-spacing": 350,
        "text-field": ["get", "road_number"],
        "text-font": ["Source"],
        "text-size": 11,
      },
      paint: { "text-color": inks.roadText, "text-halo-color": inks.halo, "text-halo-width": 1.6 },
    }],
    limites: [{
      ...tiles, id: "limites", type: "line", "source-layer": "communes",
      paint: { "line-color": inks.commune, "line-width": 0.8 },
    }],
    "sites-fond": [{
      ...tiles, id: "sites-fond", type: "fill", "source-layer": "parks",
      paint: { "fill-color": inks.site, "fill-opacity": 0.12 },
    }],
    sites: [{
      ...tiles, id: "sites", type: "line", "source-layer": "parks",
      paint: { "line-color": inks.site, "line-width": 1.4 },
    }],
    etablissements: [{
      ...tiles, id: "etablissements", type: "circle", "source-layer": "establishments", minzoom: 14,
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 14, 2, 18, 6],
        "circle-color": ["case", ["==", ["get", "is_active"], true], inks.firm, "rgba(0, 0, 0, 0)"],
        "circle-stroke-color": inks.firm,
        "circle-stroke-width": 1.2,
      },
    }],
    noms: [name("noms", "commune_names", "commune_label"), name("noms-sites", "park_names", "site_name")],
    fond: [{ id: "fond", type: "raster", source: "base" }],
  };
}

export function styleOf(content: Content, here: string, state: State, isDark: boolean): StyleSpecification {
  const inks = isDark ? NIGHT : DAY;
  const known = new Set(marksOf(content).map(({ id }) => id));
  const layers = markLayers(inks);
  const mark = (id: string, of = id): LayerSpecification[] =>
    known.has(of)
      ? (layers[id] ?? []).map((layer) => ({
          ...layer,
          layout: { ...layer.layout, visibility: state.marks.has(of) ? "visible" : "none" },
        }) as LayerSpecification)
      : [];
  const themed = (layer: string): LayerSpecification[] =>
    content.themes.filter((theme) => theme.layer === layer).map((theme) => themeLayer(theme, state));
  const chosen = (id: string, layer: string, key: string, value: string | null): LayerSpecification => ({
    id, type: "line", source: "carte", "source-layer": layer,
    filter: ["==", ["get", key], value ?? ""],
    paint: { "line-color": inks.chosen, "line-width": 3.5 },
  });
  return {
    version: 8,
    "font-faces": { Source: [{ url: near(regular) }] },
    sources: {
      carte: {
        type: "vector",
        url: `pmtiles://${new URL(content.tiles, here).href}`,
        attribution: content.attribution,
      },
      ...(content.base && {
        base: {
          type: "raster" as const,
          tiles: [content.base.tiles],
          tileSize: 256,
          attribution: content.base.attribution,
        },
      }),
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": inks.outside } },
      ...(content.layers.includes("land")
        ? [{ id: "land", type: "fill" as const, source: "carte", "source-layer": "land", paint: { "fill-color": inks.land } }]
        : []),
      ...mark("fond"),
      // nothing to see: a click anywhere in a commune opens its sheet
      { id: "communes-area", type: "fill", source: "carte", "source-layer": "communes", paint: { "fill-opacity": 0 } },
      ...themed("communes"),
      ...themed("zoning"),
      ...themed("risks"),
      ...mark("routes"),
      ...mark("limites"),
      ...mark("sites-fond", "sites"),
      ...themed("units"),
      { id: "unit-lines", type: "line", source: "carte", "source-layer": "units", minzoom: 13, paint: { "line-color": inks.unit, "line-width": 0.6 } },
      ...mark("sites"),
      ...mark("etablissements"),
      chosen("chosen-commune", "communes", "commune_code", state.place),
      chosen("chosen", "parks", "site_id", state.place),
      chosen("chosen-unit", "units", "unit_id", state.unit),
      ...themed("brownfields"),
      ...mark("routes-noms", "routes"),
      ...mark("noms"),
    ],
  };
}
