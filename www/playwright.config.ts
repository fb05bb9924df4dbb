import { fileURLToPath } from "node:url";
import { defineConfig } from "@playwright/test";

/** Chromium of the system: no test installs a browser of its own. */
export const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
export const PORT = 4189;

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
    // The binary as users get it, with the playground that is committed; or another server at this port.
    command: process.env["QUORATE_SERVE"] ?? `../target/release/quorate play --port ${PORT}`,
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    url: `http://127.0.0.1:${PORT}/`,
    reuseExistingServer: false,
    timeout: 20_000,
  },
});
