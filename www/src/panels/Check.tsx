export function CheckPanel() {
  return null;
}
