import { render } from "preact";
import { App } from "./shell/App";
import { begin } from "./shell/begin";
import { boot } from "./shell/boot";
import "./style/index.css";

begin();
render(<App />, document.getElementById("app")!);
void boot();
