export function Invariants() {
  return null;
}
