/**
 * Keeps the page for when there is no network. All its files are kept when a version is installed, under the hash of
 * their content, and answered from there; a new version waits until the page asks for it, so that one page never gets
 * files of two. What is not in the list is never kept.
 */
const CACHE = `quorate-${"fcf9539f818d6ed3"}`;
const FILES = ["./","assets/Challenge-DbfrRUWP.js","assets/Challenge-DzLSeU4y.css","assets/Check-CuD8Y-2S.js","assets/Check-k_6AgN3r.css","assets/Compare-C8qpKKhb.css","assets/Compare-DuFYNKlB.js","assets/Designer-BMqngkca.css","assets/Designer-DHuZE9GS.js","assets/Diagram-Br-SSWxT.css","assets/Diagram-DkFw1uBU.js","assets/Dialogs-CBv8Ufpe.js","assets/Dialogs-CWgpzo4F.css","assets/Facts-BQ2ud0oY.js","assets/Inspector-BSvmcCV6.js","assets/Inspector-DYMD7jRs.css","assets/Invariants-CbzjHmkd.css","assets/Invariants-D6b7Qctk.js","assets/Learn-BEnfCD-6.css","assets/Learn-DRNo1xu_.js","assets/Parked-BK0WpC8k.js","assets/Rules-D3uhlGkM.js","assets/Rules-DWR2hrHf.css","assets/Tour-BBvKrnCL.css","assets/Tour-uvbpNASh.js","assets/challenging-Bdpvz_Gj.js","assets/checking-CkqZxY6r.js","assets/comparing-CnhaOy5p.js","assets/index-DYOCXOe6.js","assets/index-DzX0vKAW.css","assets/layout-DOxpW6B8.js","assets/paint-D7HmqZ5_.js","assets/parts-BwZMtV67.js","assets/parts-DaZGMEmk.css","assets/quorate_bg-CjqiGf7R.wasm","assets/room-3AjcVS7s.js","assets/scenario-async-fallback-BD1nFo04.js","assets/scenario-break-it-DUx6e9Du.js","assets/scenario-duel-y5aSsuPw.js","assets/scenario-even-cluster-D5wp2oHB.js","assets/scenario-failed-disk-DGFNHGY3.js","assets/scenario-first-election-BPjWCbpL.js","assets/scenario-forgotten-vote-9uA9LKkx.js","assets/scenario-joint-change-CoSredbi.js","assets/scenario-lease-drift-CvdoYVf5.js","assets/scenario-lease-margin-BgUv-fMy.js","assets/scenario-minority-partition-c0mUGi3G.js","assets/scenario-objectives-B0toLve-.js","assets/scenario-old-primary-returns-BN0Y1KuA.js","assets/scenario-one-step-change-DvyJ9p5I.js","assets/scenario-one-way-LS7BUit9.js","assets/scenario-phantom-DbTbVzDM.js","assets/scenario-prevote-mWRDBX9F.js","assets/scenario-read-your-writes-DoradU5T.js","assets/scenario-reordered-acks-CJIS6tmd.js","assets/scenario-semi-sync-auwPRFyG.js","assets/scenario-side-by-side-CYUCEZCW.js","assets/scenario-sleeping-primary-DxyeFmJZ.js","assets/scenario-split-vote-CZxcovAM.js","assets/scenario-switchover-BTAU9Q6x.js","assets/scenario-unchecked-resource-C2GBf3RD.js","assets/scenario-witness-Caquxg6x.js","assets/scenario-wrong-heir-B_IoBa5I.js","assets/sessions-DjwIQMYM.js","assets/start-El9xsYmG.js","assets/text-BqrtLaln.js","assets/text-j8vBJ0Lu.js","assets/touring-CiXkcAge.js","assets/worker-vER2zilh.js","embed.js","icon-192.png","icon-512.png","icon-maskable-512.png","icon.svg","manifest.webmanifest","report.html"];

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
