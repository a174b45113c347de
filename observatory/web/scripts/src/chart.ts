/** Draws the table of a figure: one bar a row, and the range where secrecy leaves one. */
import { axisX, axisY, barX, plot, ruleX, ruleY } from "@observablehq/plot";
import { save } from "./table.js";

const WIDEST = 720;
const NARROWEST = 280;

interface Bar {
  label: string;
  value: number;
  low: number;
  high: number;
}

function barsOf(table: HTMLTableElement, column: number): Bar[] {
  return [...(table.tBodies[0]?.rows ?? [])].flatMap((row) => {
    const [value, low, high] = (row.cells[column]?.dataset.v ?? "").split("|");
    const known = [value, low, high].map((text) => (text ? Number(text) : Number.NaN));
    const least = known.find((number) => !Number.isNaN(number));
    if (least === undefined) return [];
    const [exact = Number.NaN, from = Number.NaN, to = Number.NaN] = known;
    return [
      {
        label: row.cells[0]?.textContent?.trim() ?? "",
        value: Number.isNaN(exact) ? from : exact,
        low: Number.isNaN(from) ? exact : from,
        high: Number.isNaN(to) ? exact : to,
      },
    ];
  });
}

export function drawChart(figure: HTMLElement): void {
  const table = figure.querySelector("table");
  const bars = table ? barsOf(table, Number(figure.dataset.chart)) : [];
  const caption = table?.caption?.textContent?.trim() ?? "";
  if (!table || bars.length === 0) return;
  const width = Math.min(WIDEST, Math.max(NARROWEST, figure.clientWidth));
  const names = Math.min(230, Math.round(0.38 * width)); // letters keep their size on a phone
  const drawn = plot({
    width,
    height: 60 + 26 * bars.length,
    marginLeft: names,
    marginRight: 24,
    ariaLabel: caption,
    ariaDescription: "Les mêmes chiffres sont dans le tableau qui suit.",
    style: { fontFamily: "inherit", fontSize: "13px", background: "transparent", overflow: "visible" },
    x: { grid: true, label: null, zero: true, tickFormat: (x: number) => x.toLocaleString("fr-FR") },
    y: { label: null, domain: bars.map(({ label }) => label) },
    marks: [
      axisX({ ticks: width < WIDEST ? 3 : 5, tickFormat: (x: number) => x.toLocaleString("fr-FR") }),
      axisY({ tickSize: 0, lineWidth: names / 13.5, textOverflow: "ellipsis" }),
      barX(bars, { x: "value", y: "label", fill: "var(--bar)", insetTop: 3, insetBottom: 3 }),
      ruleY(
        bars.filter(({ low, high }) => high > low),
        { x1: "low", x2: "high", y: "label", stroke: "var(--text)", strokeWidth: 3 },
      ),
      ruleX([0]),
    ],
  });
  drawn.setAttribute("role", "img");
  drawn.querySelectorAll("[aria-label]").forEach((part) => part.removeAttribute("aria-label"));
  const tools = document.createElement("div");
  tools.className = "tools";
  for (const kind of ["SVG", "PNG"] as const) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `Graphique (${kind})`;
    button.addEventListener("click", () => void keep(drawn as SVGSVGElement, figure, kind));
    tools.append(button);
  }
  figure.prepend(titled(drawn as SVGSVGElement), tools);
}

function titled(svg: SVGSVGElement): HTMLElement {
  const host = document.createElement("div");
  host.className = "chart";
  host.tabIndex = 0; // a wide chart scrolls on a narrow screen
  host.setAttribute("role", "region");
  host.setAttribute("aria-label", `Graphique : ${svg.getAttribute("aria-label") ?? ""}`);
  host.append(svg);
  return host;
}

/** The chart with its title, its source and the mark of invented figures, for a slide. */
async function keep(svg: SVGSVGElement, figure: HTMLElement, kind: "SVG" | "PNG"): Promise<void> {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const width = Number(svg.getAttribute("width"));
  const height = Number(svg.getAttribute("height"));
  const colours = getComputedStyle(document.documentElement);
  const words = [figure.dataset.title ?? "", figure.dataset.source ?? ""];
  copy.setAttribute("viewBox", `0 -40 ${width} ${height + 70}`);
  copy.setAttribute("height", String(height + 70));
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("style", "font-family:sans-serif;font-size:13px;background:#fff;color:#111");
  copy.querySelectorAll("[fill^='var(']").forEach((mark) => mark.setAttribute("fill", colours.getPropertyValue("--bar-print")));
  copy.querySelectorAll("[stroke^='var(']").forEach((mark) => mark.setAttribute("stroke", "#111"));
  for (const [text, y] of [[words[0], -16], [words[1], height + 22]] as const) {
    const line = document.createElementNS("http://www.w3.org/2000/svg", "text");
    line.setAttribute("x", "0");
    line.setAttribute("y", String(y));
    line.textContent = text ?? "";
    copy.append(line);
  }
  const text = new XMLSerializer().serializeToString(copy);
  const name = `graphique-${figure.dataset.name ?? "observatoire"}`;
  const vector = new Blob([text], { type: "image/svg+xml" });
  if (kind === "SVG") {
    save(vector, `${name}.svg`);
    return;
  }
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = 2 * width;
  canvas.height = 2 * (height + 70);
  const context = canvas.getContext("2d");
  if (!context) return;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => blob && save(blob, `${name}.png`), "image/png");
}
