import { dialog } from "../state/room";
import { session } from "../state/store";
import { ShareDialog } from "../share/Share";
import { Help } from "./Help";
import { Models } from "./Models";
import { Palette } from "./Palette";

export function Dialogs() {
  switch (dialog.value) {
    case "share":
      // A long run may still be on its way.
      return session.value === null ? null : <ShareDialog />;
    case "models":
      return <Models />;
    case "help":
      return <Help />;
    case "commands":
      return <Palette />;
    case null:
      return null;
  }
}
