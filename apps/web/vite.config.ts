import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"
import { shellManifest } from "./build/shell-manifest.ts"

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), shellManifest()],
  // Workspace packages are bundled from their sources: nothing has to be built first.
  resolve: { conditions: ["source", "module", "browser", "development|production"], dedupe: ["yjs", "lib0", "react"] },
  build: {
    target: "es2023",
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      input: { page: "index.html", "service-worker": "src/shell/service-worker.ts" },
      output: {
        entryFileNames: (chunk) => (chunk.name === "service-worker" ? "service-worker.js" : "assets/[name]-[hash].js"),
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
})
