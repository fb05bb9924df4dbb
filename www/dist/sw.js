/**
 * Keeps the page for when there is no network. All its files are kept when a version is installed, under the hash of
 * their content, and answered from there; a new version waits until the page asks for it, so that one page never gets
 * files of two. What is not in the list is never kept.
 */
const CACHE = `quorate-${"a6a75774e51d8523"}`;
const FILES = ["./","assets/Challenge-DzLSeU4y.css","assets/Challenge-N9LbooGH.js","assets/Check-BdCWRBuv.js","assets/Check-k_6AgN3r.css","assets/Compare-BR4kXLeB.js","assets/Compare-C8qpKKhb.css","assets/Designer-BMqngkca.css","assets/Designer-BUcH6iNa.js","assets/Diagram-Bqf4fzaC.js","assets/Diagram-Br-SSWxT.css","assets/Dialogs-BiSLPAay.js","assets/Dialogs-CWgpzo4F.css","assets/Facts-DyxY01QJ.js","assets/Inspector-CmugOHdO.js","assets/Inspector-DYMD7jRs.css","assets/Invariants-CbzjHmkd.css","assets/Invariants-lzn9JXhN.js","assets/Learn-BEnfCD-6.css","assets/Learn-Cg7Ml-4_.js","assets/Parked-D2OOCTNG.js","assets/Rules-D-uf8yQ5.js","assets/Rules-DWR2hrHf.css","assets/Tour-BBvKrnCL.css","assets/Tour-BypZEHRl.js","assets/challenging-DHvzkfZu.js","assets/check_bg-C9v2L22F.wasm","assets/checking-wfEL-LL7.js","assets/comparing-B2dgCuyI.js","assets/index-CgLgE_AF.js","assets/index-DzX0vKAW.css","assets/layout-DOxpW6B8.js","assets/paint-Deu17Q9m.js","assets/parts-C4K3jBTK.js","assets/parts-DaZGMEmk.css","assets/plan-DCzXII84.js","assets/plan_bg-9qOGBxZ3.wasm","assets/play_bg-CoX_cz3R.wasm","assets/room-CZl10HAF.js","assets/scenario-async-fallback-BD1nFo04.js","assets/scenario-break-it-DUx6e9Du.js","assets/scenario-duel-y5aSsuPw.js","assets/scenario-even-cluster-D5wp2oHB.js","assets/scenario-failed-disk-DGFNHGY3.js","assets/scenario-first-election-BPjWCbpL.js","assets/scenario-forgotten-vote-9uA9LKkx.js","assets/scenario-joint-change-CoSredbi.js","assets/scenario-lease-drift-CvdoYVf5.js","assets/scenario-lease-margin-BgUv-fMy.js","assets/scenario-minority-partition-c0mUGi3G.js","assets/scenario-objectives-B0toLve-.js","assets/scenario-old-primary-returns-BN0Y1KuA.js","assets/scenario-one-step-change-DvyJ9p5I.js","assets/scenario-one-way-LS7BUit9.js","assets/scenario-phantom-DbTbVzDM.js","assets/scenario-prevote-mWRDBX9F.js","assets/scenario-read-your-writes-DoradU5T.js","assets/scenario-reordered-acks-CJIS6tmd.js","assets/scenario-semi-sync-auwPRFyG.js","assets/scenario-side-by-side-CYUCEZCW.js","assets/scenario-sleeping-primary-DxyeFmJZ.js","assets/scenario-split-vote-CZxcovAM.js","assets/scenario-switchover-BTAU9Q6x.js","assets/scenario-unchecked-resource-C2GBf3RD.js","assets/scenario-witness-Caquxg6x.js","assets/scenario-wrong-heir-B_IoBa5I.js","assets/sessions-BtheNHZM.js","assets/start-Cp8jiPfp.js","assets/text-B1Z1NtMv.js","assets/text-C4R2BQE0.js","assets/touring-BALIITe4.js","assets/worker-C2tgnO2y.js","embed.js","icon-192.png","icon-512.png","icon-maskable-512.png","icon.svg","manifest.webmanifest","report.html"];

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
    const page = request.mode === "navigate" && new URL(request.url).pathname === new URL(registration.scope).pathname;
    return (await cache.match(page ? "./" : request, { ignoreSearch: page })) ?? fetch(request);
  };
  event.respondWith(answer());
});
