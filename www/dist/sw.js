/**
 * Keeps the page for when there is no network. All its files are kept when a version is installed, under the hash of
 * their content, and answered from there; a new version waits until the page asks for it, so that one page never gets
 * files of two. What is not in the list is never kept.
 */
const CACHE = `quorate-${"755e026ba69ca457"}`;
const FILES = ["./","assets/Challenge-DzLSeU4y.css","assets/Challenge-lKMQt5ll.js","assets/Check-B-e2k2A0.js","assets/Check-k_6AgN3r.css","assets/Compare-BwLaxfmP.js","assets/Compare-C8qpKKhb.css","assets/Designer-BMqngkca.css","assets/Designer-BhVtWqrl.js","assets/Diagram-CEeRFmHW.css","assets/Diagram-CUk-URbF.js","assets/Dialogs-9Kr_Jc6U.js","assets/Dialogs-CWgpzo4F.css","assets/Facts-snUVksXu.js","assets/Inspector-C1UEJtgc.js","assets/Inspector-DYMD7jRs.css","assets/Invariants-CbzjHmkd.css","assets/Invariants-DbGEdxM1.js","assets/Learn-BEnfCD-6.css","assets/Learn-CzPm21Gk.js","assets/Parked-CDd5BjQn.js","assets/Rules-DWR2hrHf.css","assets/Rules-lWKu8RKO.js","assets/Tour-BSjQcHs5.js","assets/Tour-RqXeyC1i.css","assets/challenging-C4d9ExlI.js","assets/check_bg-DKFPw5Pk.wasm","assets/checking-C0Sg-m6R.js","assets/comparing-hkd7e23o.js","assets/index-B2o4SrGE.js","assets/index-X9taZ1Wn.css","assets/jsxRuntime-P-Sd4Npc.js","assets/layout-DOxpW6B8.js","assets/paint-BiLMDRDo.js","assets/parts-ChfcVHvn.js","assets/parts-DaZGMEmk.css","assets/plan-DCzXII84.js","assets/plan_bg-9qOGBxZ3.wasm","assets/play_bg-CPuXbgfi.wasm","assets/room-Dyw_9HwE.js","assets/scenario-async-fallback-BD1nFo04.js","assets/scenario-break-it-DUx6e9Du.js","assets/scenario-duel-y5aSsuPw.js","assets/scenario-even-cluster-D5wp2oHB.js","assets/scenario-failed-disk-DGFNHGY3.js","assets/scenario-first-election-BPjWCbpL.js","assets/scenario-forgotten-vote-9uA9LKkx.js","assets/scenario-joint-change-CoSredbi.js","assets/scenario-lease-drift-CvdoYVf5.js","assets/scenario-lease-margin-BgUv-fMy.js","assets/scenario-minority-partition-c0mUGi3G.js","assets/scenario-objectives-B0toLve-.js","assets/scenario-old-primary-returns-BN0Y1KuA.js","assets/scenario-one-step-change-DvyJ9p5I.js","assets/scenario-one-way-LS7BUit9.js","assets/scenario-phantom-DbTbVzDM.js","assets/scenario-prevote-mWRDBX9F.js","assets/scenario-read-your-writes-DoradU5T.js","assets/scenario-reordered-acks-CJIS6tmd.js","assets/scenario-semi-sync-auwPRFyG.js","assets/scenario-side-by-side-CYUCEZCW.js","assets/scenario-sleeping-primary-DxyeFmJZ.js","assets/scenario-split-vote-CZxcovAM.js","assets/scenario-switchover-BTAU9Q6x.js","assets/scenario-unchecked-resource-C2GBf3RD.js","assets/scenario-witness-Caquxg6x.js","assets/scenario-wrong-heir-B_IoBa5I.js","assets/sessions-BR4zK9lO.js","assets/start-B8QOT-3_.js","assets/touring-Du6y7QGh.js","assets/worker-Otz0K7bH.js","embed.js","icon-192.png","icon-512.png","icon-maskable-512.png","icon.svg","manifest.webmanifest","report.html"];

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
