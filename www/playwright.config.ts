import { fileURLToPath } from "node:url";
import { defineConfig } from "@playwright/test";

/** Chromium of the system: no test installs a browser of its own. */
export const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
export const PORT = 4189;
/** The binary that serves the page and that it is compared with: as users get it, or another. */
export const BINARY = fileURLToPath(new URL(process.env["QUORATE_BINARY"] ?? "../target/release/quorate", import.meta.url));

/** Without these it asks hosts of its maker at every start. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export default defineConfig({
  testDir: "e2e",
  testMatch: "*.spec.ts",
  outputDir: "test-results",
  timeout: 60_000,
  // Two processors: what is measured is measured alone.
  workers: 1,
  retries: 0,
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    baseURL: `http://127.0.0.1:${PORT}/`,
    browserName: "chromium",
    headless: true,
    launchOptions: { executablePath: CHROMIUM, args: ARGUMENTS },
      viewport: { width: 1280, height: 800 },
  },
  webServer: {
    // With the playground that is committed; or another server at this port.
    command: process.env["QUORATE_SERVE"] ?? `${BINARY} play --port ${PORT}`,
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    url: `http://127.0.0.1:${PORT}/`,
    reuseExistingServer: false,
    timeout: 20_000,
  },
});
