/**
 * Keeps the page for when there is no network. All its files are kept when a version is installed, under the hash of
 * their content, and answered from there; a new version waits until the page asks for it, so that one page never gets
 * files of two. What is not in the list is never kept.
 */
const CACHE = `quorate-${"cb2c299522835c3c"}`;
const FILES = ["./","assets/Challenge-Cur2bT5H.js","assets/Challenge-DzLSeU4y.css","assets/Check-CqrbZS-R.js","assets/Check-k_6AgN3r.css","assets/Compare-C8qpKKhb.css","assets/Compare-L_rwIShp.js","assets/Designer-C43_hSei.js","assets/Designer-ViZTvPFU.css","assets/Diagram-CjVPG94S.css","assets/Diagram-DYKm6FeO.js","assets/Dialogs-CWgpzo4F.css","assets/Dialogs-CYja-qf7.js","assets/Facts-bdyBuCRu.js","assets/Inspector-CuoVy0KD.css","assets/Inspector-cXGKhXXy.js","assets/Invariants-CApLBQni.js","assets/Invariants-CbzjHmkd.css","assets/Learn-BEnfCD-6.css","assets/Learn-CWgl-iNw.js","assets/Parked-irHQRrnY.js","assets/Rules-B5stqUO8.js","assets/Rules-BMHJMf7i.css","assets/Tour-C9Xe4sOz.css","assets/Tour-DMLTucmq.js","assets/challenging-CvJl9sPh.js","assets/check_bg-Dh3cgvBx.wasm","assets/checking-CaEaS2_b.js","assets/comparing-C2zEK3s_.js","assets/index-BkDA7yEr.js","assets/index-HLhe9rIg.css","assets/jsxRuntime-aDTRd-XO.js","assets/paint-CFtJxFjL.js","assets/parts-BiNGYTOy.css","assets/parts-uaudizqz.js","assets/plan-DCzXII84.js","assets/plan_bg-9qOGBxZ3.wasm","assets/play_bg-CitbJ2-k.wasm","assets/room-D-W-DVwp.js","assets/scenario-async-fallback-BD1nFo04.js","assets/scenario-break-it-DUx6e9Du.js","assets/scenario-duel-y5aSsuPw.js","assets/scenario-even-cluster-D5wp2oHB.js","assets/scenario-failed-disk-DGFNHGY3.js","assets/scenario-first-election-BPjWCbpL.js","assets/scenario-forgotten-vote-9uA9LKkx.js","assets/scenario-joint-change-CoSredbi.js","assets/scenario-lease-drift-CvdoYVf5.js","assets/scenario-lease-margin-BgUv-fMy.js","assets/scenario-minority-partition-c0mUGi3G.js","assets/scenario-objectives-B0toLve-.js","assets/scenario-old-primary-returns-BN0Y1KuA.js","assets/scenario-one-step-change-DvyJ9p5I.js","assets/scenario-one-way-LS7BUit9.js","assets/scenario-phantom-DbTbVzDM.js","assets/scenario-prevote-mWRDBX9F.js","assets/scenario-read-your-writes-DoradU5T.js","assets/scenario-reordered-acks-CJIS6tmd.js","assets/scenario-semi-sync-auwPRFyG.js","assets/scenario-side-by-side-CYUCEZCW.js","assets/scenario-sleeping-primary-DxyeFmJZ.js","assets/scenario-split-vote-CZxcovAM.js","assets/scenario-switchover-BTAU9Q6x.js","assets/scenario-unchecked-resource-C2GBf3RD.js","assets/scenario-witness-Caquxg6x.js","assets/scenario-wrong-heir-B_IoBa5I.js","assets/sessions-BPW5BfuR.js","assets/start-BZPg0WV_.js","assets/touring-BJC-O5fB.js","assets/worker-trvSjkfw.js","embed.js","icon-192.png","icon-512.png","icon-maskable-512.png","icon.svg","manifest.webmanifest","report.html"];

addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })))));
});

addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("quorate-") && name !== CACHE;
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

addEventListener("message", (event) => {
  if (event.data === "change") self.skipWaiting();
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(registration.scope)) return;
  const answer = async () => {
    const cache = await caches.open(CACHE);
    const [{ pathname }, home] = [new URL(request.url), new URL(registration.scope).pathname];
    // The page is kept once, and has two names.
    const page = request.mode === "navigate" && (pathname === home || pathname === `${home}index.html`);
    return (await cache.match(page ? "./" : request, { ignoreSearch: page })) ?? fetch(request);
  };
  event.respondWith(answer());
});
