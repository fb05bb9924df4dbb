import base from "../playwright.config";

/** Pictures instead of tests: `cargo xtask screenshots`. */
export default { ...base, testDir: ".", testMatch: "screenshots.ts", outputDir: "../test-results" };
