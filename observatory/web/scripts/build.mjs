// Bundles the page's scripts and styles into the folder given, under hashed names.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const outdir = process.argv[2];
if (!outdir) throw new Error("usage: node build.mjs FOLDER");

/** The map's worker is a file of its own; some servers have no type for .mjs, so it becomes .js. */
const worker = {
  name: "worker",
  setup(bundler) {
    bundler.onLoad({ filter: /maplibre-gl-worker\.mjs$/ }, async ({ path }) => {
      const body = (await readFile(path, "utf8")).replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
      const name = `worker-${createHash("sha256").update(body).digest("hex").slice(0, 8)}.js`;
      await mkdir(outdir, { recursive: true });
      await writeFile(`${outdir}/${name}`, body);
      return { contents: `export default ${JSON.stringify(`./${name}`)}`, loader: "js" };
    });
  },
};

const common = {
  bundle: true,
  minify: true,
  target: ["es2022"],
  outdir,
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file" },
  plugins: [worker],
  metafile: true,
  legalComments: "linked",
  logLevel: "warning",
  charset: "utf8",
};
await rm(outdir, { recursive: true, force: true });
const pages = await build({
  ...common,
  entryPoints: { main: "src/main.ts", site: "src/site.css", map: "src/map.css" },
  splitting: true,
  format: "esm",
});
// classic scripts: they run in a page that is read from a disk too
const search = await build({
  ...common,
  entryPoints: { search: "src/search.ts" },
  format: "iife",
});
const entries = {};
for (const [file, { entryPoint }] of Object.entries({ ...pages.metafile.outputs, ...search.metafile.outputs })) {
  if (!entryPoint || file.includes("chunk-")) continue;
  entries[entryPoint.replace(/^src\//, "")] = file.slice(file.lastIndexOf("/") + 1);
}
await writeFile(`${outdir}/entries.json`, `${JSON.stringify(entries, null, 1)}\n`);
