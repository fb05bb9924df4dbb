import { CheckPanel } from "../panels/Check";
import { Diagram } from "../diagram/Diagram";
import { Inspector } from "../panels/Inspector";
import { Invariants } from "../panels/Invariants";
import { Stage } from "../stage/Stage";
import { Timeline } from "../diagram/Timeline";

export function App() {
  return (
    <main>
      <Stage />
      <Inspector />
      <Invariants />
      <CheckPanel />
      <Diagram />
      <Timeline />
    </main>
  );
}
