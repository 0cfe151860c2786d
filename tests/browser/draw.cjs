// Draw Vega-Lite specifications without a browser, in the version that DVC's page loads.
// stdin: {name: specification}; stdout: {name: {complaints: [text], scene: what is drawn}}.
const vega = require("vega");
const vegaLite = require("vega-lite");

async function draw(specification) {
  const complaints = [];
  const complain = (...words) => complaints.push(words.map(String).join(" "));
  const logger = { level: () => logger, error: complain, warn: complain, info: () => logger, debug: () => logger };
  const compiled = vegaLite.compile(specification, { logger }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: "none", logger });
  await view.runAsync();
  return { complaints, scene: JSON.parse(vega.sceneToJSON(view.scenegraph().root)) };
}

async function main() {
  const specifications = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const drawn = {};
  for (const [name, specification] of Object.entries(specifications)) drawn[name] = await draw(specification);
  process.stdout.write(JSON.stringify(drawn));
}

main();
