import { texts } from "../state/text";

/** Texts about links and files. */
export const text = texts({
  en: {
    linkBroken: "This link is damaged: it was cut short or changed on its way. Ask for it again; below is another run.",
    linkForeign: "The end of this address is no run of the playground. Below is another run.",
    linkNewer: "This link was made by a newer playground (format {version}). Load the page again, or ask for the run as a file.",
    linkLong: "This link is longer than any run that the playground makes. Ask for the run as a file.",
    linkModel: "This link names the model “{name}”, which this version does not have. Ask for the run as a file.",
  },
  bg: {
    linkBroken: "Връзката е повредена: била е отрязана или променена по пътя. Поискайте я отново; долу е друго изпълнение.",
    linkForeign: "Краят на този адрес не е изпълнение от полигона. Долу е друго изпълнение.",
    linkNewer: "Връзката е направена с по-нов полигон (формат {version}). Заредете страницата отново или поискайте изпълнението като файл.",
    linkLong: "Връзката е по-дълга от всяко изпълнение, което полигонът прави. Поискайте изпълнението като файл.",
    linkModel: "Връзката назовава модела „{name}“, който тази версия няма. Поискайте изпълнението като файл.",
  },
});
