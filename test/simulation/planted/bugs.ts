/** Bugs that a product like this could have, one replacement each. */
import type { PlantedBug } from './plant.js';

export const plantedBugs: readonly PlantedBug[] = [];
