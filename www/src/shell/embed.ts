/**
 * `<quorate-playground run="#v1.…">`: a run inside another page. `run` is the end of a link; without it a cluster that
 * serves is shown. `lang` and `theme` are handed on. The frame is filled from where this script was loaded from.
 *
 * It is a block 460 px high unless the page around it says otherwise: rules for `:host` yield to every rule of that page.
 */
const here = import.meta.url;

const LOOK = new CSSStyleSheet();
LOOK.replaceSync(":host { display: block; height: 460px; } :host([hidden]) { display: none; } iframe { display: block; width: 100%; height: 100%; border: 0; }");

class Playground extends HTMLElement {
  static readonly observedAttributes = ["run", "lang", "theme"];
  private readonly frame = document.createElement("iframe");
  private readonly root = this.attachShadow({ mode: "open" });

  connectedCallback(): void {
    const { frame } = this;
    frame.title = this.getAttribute("title") ?? "quorate playground";
    frame.loading = "lazy";
    frame.allow = "clipboard-write";
    this.root.adoptedStyleSheets = [LOOK];
    this.show();
    this.root.append(frame);
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.show();
  }

  private show(): void {
    const url = new URL("./?embed=1", here);
    for (const name of ["lang", "theme"]) {
      const value = this.getAttribute(name);
      if (value !== null) url.searchParams.set(name, value);
    }
    url.hash = this.getAttribute("run") ?? "";
    if (this.frame.src !== url.href) this.frame.src = url.href;
  }
}

if (customElements.get("quorate-playground") === undefined) customElements.define("quorate-playground", Playground);
