/** Out of the page: into a file, or a picture first. */

export function save(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A name for files out of any text. */
export function fileName(model: string, steps: number): string {
  const words = model.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 40);
  return `${words === "" ? "run" : words}-${steps}`;
}

/** Pixels in all, and on a side, beyond which browsers draw nothing. */
const MOST = { area: 64_000_000, side: 16_000 };

/** A drawing as pixels, twice as dense as it says; less if it is very large. */
export async function picture(svg: string): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const scale = Math.min(2, MOST.side / Math.max(width, height), Math.sqrt(MOST.area / (width * height)));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    const drawn = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (drawn === null) throw new Error("toBlob");
    return drawn;
  } finally {
    URL.revokeObjectURL(url);
  }
}
