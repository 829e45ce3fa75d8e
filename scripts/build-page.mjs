// Builds the page of `attune app` from src/web/page: static files, named by their content, with nothing from elsewhere.
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** @param {string} outDir where the files go; what is there is replaced */
export const buildPage = (outDir) =>
  build({
    configFile: false,
    root: fileURLToPath(new URL("../src/web/page", import.meta.url)),
    logLevel: "warn",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      // The page's policy allows files of its own alone.
      assetsInlineLimit: 0,
      modulePreload: false,
      reportCompressedSize: false,
      chunkSizeWarningLimit: 1024,
    },
  });
