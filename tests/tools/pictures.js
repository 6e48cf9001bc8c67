/* For pictures: the title becomes "height width contrast text", of the text
 * that stands out least from what is behind it. */
const frame = document.querySelector("iframe");

function channels(color) {
	const n = color.match(/[\d.]+/g).map(Number);
	return n.length < 4 || n[3] > 0 ? n.slice(0, 3) : null;
}

function luminance(rgb) {
	const [r, g, b] = rgb.map((v) => v / 255).map((v) =>
		v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
	const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
	return (x + 0.05) / (y + 0.05);
}

/* The colours behind an element: those of a gradient, all of them. */
function behind(element, view) {
	for (let e = element; e; e = e.parentElement) {
		const style = view.getComputedStyle(e);
		const stops = style.backgroundImage.match(/rgba?\([^)]*\)/g);
		if (stops) return stops.map(channels);
		const color = channels(style.backgroundColor);
		if (color) return [color];
	}
	return [[255, 255, 255]];
}

frame.onload = () => {
	const page = frame.contentDocument, view = frame.contentWindow;
	const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
	let least = 21, text = "";
	while (walker.nextNode()) {
		const element = walker.currentNode.parentElement;
		const words = walker.currentNode.textContent.trim();
		const style = view.getComputedStyle(element);
		if (!words || parseFloat(style.fontSize) === 0) continue;
		for (const back of behind(element, view)) {
			const c = contrast(channels(style.color), back);
			if (c < least) [least, text] = [c, words.slice(0, 40)];
		}
	}
	const root = page.documentElement;
	const height = page.querySelector(".back table").offsetHeight;
	const edge = page.querySelector(".back").offsetHeight;
	document.title = [Math.max(height, edge), root.scrollWidth,
		least.toFixed(2), text].join(" ");
};
