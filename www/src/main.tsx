import { render } from "preact";
import { App } from "./shell/App";
import { boot } from "./shell/boot";
import { begin } from "./shell/begin";
import "./style/index.css";

begin();
render(<App />, document.getElementById("app")!);
void boot();
