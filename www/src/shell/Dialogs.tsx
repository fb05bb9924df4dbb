import { dialog } from "../state/room";
import { ShareDialog } from "../share/Share";
import { Help } from "./Help";
import { Models } from "./Models";
import { Palette } from "./Palette";

export function Dialogs() {
  switch (dialog.value) {
    case "share":
      return <ShareDialog />;
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
