/**
 * Keeps the page for when there is no network. All its files are kept when a version is installed, under the hash of
 * their content, and answered from there; a new version waits until the page asks for it, so that one page never gets
 * files of two. What is not in the list is never kept.
 */
const CACHE = `quorate-${"10efb8dd9e72ed83"}`;
const FILES = ["./","assets/Challenge-CoCzigG9.js","assets/Challenge-DzLSeU4y.css","assets/Check-CMTvhAGl.js","assets/Check-k_6AgN3r.css","assets/Compare-C8qpKKhb.css","assets/Compare-DkPaw6oR.js","assets/Designer-BMqngkca.css","assets/Designer-rPzxGbKE.js","assets/Diagram-Br-SSWxT.css","assets/Diagram-C53XkHFL.js","assets/Dialogs-BvUvXuh5.js","assets/Dialogs-CWgpzo4F.css","assets/Facts-9P46_9m7.js","assets/Inspector-DYMD7jRs.css","assets/Inspector-ii5Z4eDy.js","assets/Invariants-CbzjHmkd.css","assets/Invariants-Cjstws7g.js","assets/Learn-BEnfCD-6.css","assets/Learn-ObE7ASOL.js","assets/Parked-s_RN15Xd.js","assets/Rules-C_goGMgQ.js","assets/Rules-DWR2hrHf.css","assets/Tour-BBvKrnCL.css","assets/Tour-BQLLP-5m.js","assets/challenging-DdvNXKUN.js","assets/checking-DS8jG67Z.js","assets/comparing-DE7jETz6.js","assets/index-DzX0vKAW.css","assets/index-IBD4cFdG.js","assets/layout-DOxpW6B8.js","assets/paint-BJ01Y-tM.js","assets/parts-Bcs4ge-M.js","assets/parts-DaZGMEmk.css","assets/quorate_bg-BQdboxQ-.wasm","assets/room-hhNo47Xo.js","assets/scenario-async-fallback-BD1nFo04.js","assets/scenario-break-it-DUx6e9Du.js","assets/scenario-duel-y5aSsuPw.js","assets/scenario-even-cluster-D5wp2oHB.js","assets/scenario-failed-disk-DGFNHGY3.js","assets/scenario-first-election-BPjWCbpL.js","assets/scenario-forgotten-vote-9uA9LKkx.js","assets/scenario-joint-change-CoSredbi.js","assets/scenario-lease-drift-CvdoYVf5.js","assets/scenario-lease-margin-BgUv-fMy.js","assets/scenario-minority-partition-c0mUGi3G.js","assets/scenario-objectives-B0toLve-.js","assets/scenario-old-primary-returns-BN0Y1KuA.js","assets/scenario-one-step-change-DvyJ9p5I.js","assets/scenario-one-way-LS7BUit9.js","assets/scenario-phantom-DbTbVzDM.js","assets/scenario-prevote-mWRDBX9F.js","assets/scenario-read-your-writes-DoradU5T.js","assets/scenario-reordered-acks-CJIS6tmd.js","assets/scenario-semi-sync-auwPRFyG.js","assets/scenario-side-by-side-CYUCEZCW.js","assets/scenario-sleeping-primary-DxyeFmJZ.js","assets/scenario-split-vote-CZxcovAM.js","assets/scenario-switchover-BTAU9Q6x.js","assets/scenario-unchecked-resource-C2GBf3RD.js","assets/scenario-witness-Caquxg6x.js","assets/scenario-wrong-heir-B_IoBa5I.js","assets/sessions-C6tWoaln.js","assets/start-roL_jKFv.js","assets/text-Cdzsn97K.js","assets/text-s8n8H1qN.js","assets/touring-VOxSl8H-.js","assets/worker-BIesLRpb.js","embed.js","icon-192.png","icon-512.png","icon-maskable-512.png","icon.svg","manifest.webmanifest","report.html"];

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
