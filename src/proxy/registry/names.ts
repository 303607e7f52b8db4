import type { RandomSource } from './outside.js';

/** A random name, `three-plain-words`. That it is free is found out by the store that takes it. */
export function randomName(random: RandomSource): string {
  const word = (): string => WORDS[random.int(WORDS.length)] ?? '';
  return `${word()}-${word()}-${word()}`;
}

/**
 * What names are made of: common English words, friendly and easily spelt, 3 to 10 letters, each once, sorted.
 * Three of them at random are 32.6 bits: enough that names do not meet. In our own protocol a name is no credential.
 */
export const WORDS: readonly string[] = `
acorn actor adapt adobe adopt advice aerial agile agree airport aisle alarm album alert alive alley almanac
almond alpaca alpha alpine amber ample amuse anchor angle animal ankle annual answer antelope antler anvil
apple apricot april apron aqua arcade archer arctic arena argue armchair aroma arrow artist ascent ashore
asleep aspen aster atlas atom attic august aunt author autumn avenue average avocado awake award aware axle
azure baby badge badger bagel baker balance ballad ballet balloon balsam bamboo banana band banjo banner
barber bargain barley barn barrel basil basin basket bassoon batch battery bay beacon bead beagle beaker
beam bean beard bedrock beech beehive beet begin bell belt bench beret berry bicycle billow birch bird
biscuit bison blanket blaze blend blimp blink bloom blossom blue bluff board boat bobcat bold bolt bonfire
bonnet bonus book boot border boulder bounce bouquet bowl box bracket braid branch brass brave bread breeze
brick bridge bright brisk broad bronze brook broom brother brush bubble bucket buckle buddy buffalo bugle
build bulb bumper bundle bunny burrow bus bushel busy butler butter button buzz cabbage cabin cable cactus
cafe cake calcium calendar calm camel camera camp canal canary candle candy canoe canopy canteen canvas
canyon captain caramel carbon card cargo caribou carol carpet carriage carrot carry cart carton carve cashew
castle casual catalog catch cattle cedar celery cello center ceramic cereal chair chalet chalk champion
chapel chapter charm chart chase cheddar cheer cheese cheetah cherry chess chestnut chicken chief chime
chimney chip choice choir chorus cicada cider cinema circle circus citrus city clam clap clarinet classic
clay clean clear clever cliff climb cloak clock closet cloth cloud clover coach coast coat cobalt cobble
cocoa coconut cocoon coffee coil coin collar college collie color comb comedy comet comfort comic common
compass concert condor cone coral cord cork corn corner cosmic cosmos cottage cotton couch cougar count
country couple courage cousin cover coyote cozy cradle craft crane crater crayon cream create creek crescent
cricket crimson crisp crocus crop crow crowd crown cruise crumb crystal cube cuckoo cucumber cup curious
curl current curtain curve cushion custard custom cycle cymbal cypress daffodil dahlia dainty dairy daisy
dance dandy daring dash date dawn daylight dazzle decade december deck deep deer degree delight delta den
denim depot derby desert design desk dessert detail dew dial diamond diary dice diesel digit dime diner
dingo dinner dinosaur diploma direct disco dish distant diver doctor dolphin domain dome domino donkey donut
door double dough dove dragon drama draw dream dress drift drive drum duck duet dune dust dusty duty dynamo
eager eagle early earnest earth easel east easy echo eclipse edge editor effort egret eight elastic elder
electric elegant element elephant elevator elk elm ember emerald emu enamel encore energy engine enjoy entry
envelope epic epoch equal equator errand essay estate evening event ever evergreen exact example exotic
expert explore express extra fable fabric face factor factory fair falcon family famous fancy farm farmer
fashion father faucet fawn feast feather february fedora feeling fellow fence fennel fern ferry festival
fiber fiddle field fiesta fig figure film filter final finch finish fir firefly first fish five fix flag
flame flamingo flannel flash flask flax fleece fleet flicker flight flint flip float flock floor flora
florist flour flow flower fluent fluffy flute fly foam focus fog foil folder folk follow fondue football
forest forever fork form formal fort fortune forum forward fossil fountain four fox fragile frame freckle
free freeway fresh friday friend fringe frisbee frog front frost fruit fudge full funny furnace future
gadget galaxy gallery gallop game garage garden garland garlic garnet gate gather gazebo gazelle gecko gem
general generous genius gentle genuine geology gerbil geyser giant gift giggle ginger gingham giraffe
glacier glad glass glide glider globe glory glove glow glue goat goblet golden goldfish golf gondola good
goose gopher gospel grace grain grammar grand granite grape graph grass gravel gravity great green greet
griffin grin grocer ground group grove grow guava guess guest guide guitar gulf gull guppy gust gym habit
haddock hail half halibut hall hallway halo hammer hammock hamster handle handy hangar happy harbor hardy
hare harmony harp harvest hat hawk hay hazel headline hearth heather heaven hedge height helium helmet
helper hen herald herb hermit hero heron herring hickory hidden high highland hike hiker hill hippo hive
hobby hockey holiday hollow holly home honest honey hood hoof hoop hope horizon horse hostel hotel hound
hour house hover hubcap human humble hummus humor hundred hurdle husky hut hybrid hydrant ibex ibis iceberg
icicle icing icon idea ideal igloo iguana image impala imprint inch index indigo indoor infant ink inlet inn
insect inside inspire instant intro invent invite iris iron island item ivory ivy jackal jacket jade jaguar
jam january jar jargon jasmine jaunt javelin jazz jelly jersey jester jet jewel jigsaw jingle jockey jogger
join jolly journal journey joy joyful judge juggle juice july jumbo jump june jungle junior juniper jupiter
jury just kangaroo karate kayak keen keeper kelp kennel kernel ketchup kettle keyboard keynote keypad kilt
kimono kind kindle kinetic king kingdom kiosk kitchen kite kitten kiwi knapsack knight knit knock knoll knot
koala label ladder ladle lady lagoon lake lamb lamp lantern lapel large lark lasso later lattice laugh
laundry laurel lava lavender lawn layer leaf league learn leather lecture ledge leek legend lemon lemur lens
lentil leopard lesson letter lettuce level lever library light lighthouse lilac lily lime limit linden line
linen linger lion liquid list listen liter little lively lizard llama loaf lobby lobster local locket lodge
lofty logic lookout loop lotus loud lounge lovely loyal lucky lullaby lumber lunar lunch lupine lynx lyric
macaw machine magenta magic magma magnet magpie mahogany maize major mallard mallet mammal mammoth manatee
mandarin mango mantle manual maple marble march margin marigold marina marine market marlin marmot maroon
marsh marvel mascot mason mast match maximum may maze meadow meal medal medley melody melon member memory
menu meow mercury merit mermaid merry mesa metal meteor meter metro midnight milestone milk million mimosa
mineral mingle mini minnow mint minute mirror mist mitten mobile model modern modest molar moment monarch
monday mongoose monitor month moon moose morning mosaic moss motel moth mother motion motor mountain mouse
movie much muffin mulberry mule museum mushroom music mustang mustard mystery nap napkin narrow native
natural nature nautical navy nearby neat nebula nectar needle nephew neptune nest network neutral neutron
nickel niece night nimble nine noble nomad noodle noon normal north notable note notebook novel november
nugget number nursery nutmeg nylon oak oasis oat oatmeal object oboe observe ocean ocelot october octopus
offer office often olive omega omelet onion onyx opal open opera opinion orange orbit orchard orchestra
orchid order oregano organ origami oriole osprey ostrich otter outdoor outer outfit oval oven owl oxygen
oyster ozone pacific package paddle page pagoda paint palace palette palm pan pancake panda panel panther
pantry papaya paper paprika parade parcel parka parlor parrot parsley parsnip partner party pasta pastel
pastry path patio pattern pause pavilion peace peach peacock peak peanut pear pearl pebble pecan pedal
pelican pen pencil penguin penny peony people pepper perch perfect period permit person petal phoenix phone
photo phrase piano piccolo pickle picnic picture piece pier pigeon pillar pillow pilot pine pinto pioneer
pipe pirate pivot pixel pizza place plaid plain planet plank plant plastic plate platinum plaza please
plenty plow plum plume plush pluto pocket podium poem poet point polar polite polka pollen pond pony poodle
popcorn poplar poppy porch portal porter portrait postcard potato pottery pouch powder practice prairie
praise present pretzel primrose prince print prism prize problem produce profile program project promise
proper protein proton proud proverb public pudding puddle puffin pulse puma pumpkin puppet puppy purple
purse puzzle pyramid python quail quaint quality quantum quarry quart quarter quartz queen quest quick quiet
quill quilt quince quiver quiz quote rabbit raccoon radar radiant radio radish raft rail railway rain
rainbow raisin rake rally ramp ranch random range ranger rapid rare raspberry raven ravine ray reach reader
ready real reason recipe record recycle reed reef referee region relax relay relish remedy remote repair
reply report rescue reserve resin result return reward rhino rhubarb rhyme ribbon rice riddle ridge right
ring ripple river road roast robin robot rock rocket rodeo roller romance roof room rooster root rope rose
rosemary rotor round route rover royal ruby rugby ruler runner rural russet rustic rye saddle safari saffron
sage sail sailor salad salmon salt salute same sample sand sandal sandwich sapling sapphire sardine satchel
satin saturday saturn sauce sauna savanna savory scale scallop scarf scene scenic scholar school science
scooter score scout scroll sculptor sea seagull seal seaside season second secret seed segment select senior
sensor september sequel sequoia serene series sesame seven shade shadow shape share sharp shawl sheep shelf
shell shelter sherbet sheriff shield shimmer shine shingle ship shirt shoe shop shore short shovel shower
shrimp shrub shuffle shuttle sierra signal silent silk silver simple singer sister six sketch ski skillet
skipper sky skylark skyline slate sled sleep sleeve slice slide slipper slope smart smile smooth snack snail
snow snowball snug soap soccer social sock socket soda sofa soft solar solid solo sonata song sonnet sorbet
soup south space spade spaniel spark sparrow special spectrum speech speed sphere spice spider spinach
spiral splash splendid sponge spoon sport spring sprout spruce square squash squid squirrel stable stadium
stage stair stamp stanza star starfish start station statue steady steam steel stem step stereo stitch stone
stool store stork storm story stove straw stream street string stripe strong student studio sturdy style
subway sugar suit summer summit sun sunday sundial sunny sunrise sunset super supper surf surprise swallow
swan sweater sweet swift swim swing switch symbol symphony syrup system table tablet talent tall tambourine
tandem tangent tango tapestry target tarragon tartan taste taxi teacher teal team teapot teddy telescope
temple tempo ten tender tennis tent term terrace terrier text texture thank theater theme theory thermos
thicket thimble thistle thread three thrive throne thunder thursday thyme ticket tide tiger tile timber time
timid tin tiny title toast today toffee token tomato tone tonic tool topaz topic torch tortoise total toucan
tower town toy track tractor trade trail train transit travel tray treasure treat tree trek trellis triangle
tribute trick tricycle trio trip trolley trophy tropic trout truck truffle trumpet trunk trust truth tugboat
tulip tundra tunnel turbine turbo turkey turnip turret turtle tuxedo twelve twenty twig twilight twin
twinkle twist two typhoon ultra umbrella uncle under unicorn uniform union unique unit universe upbeat
update upper upward uranus urban urchin useful usual utopia vacation valid valley valve vanilla vapor vast
vault vector velvet vendor verb verse vessel viaduct victory video village vine vintage viola violet violin
visit vista vital vivid vocal voice volcano volley volume vote voyage wafer waffle wagon walnut walrus waltz
wander warbler warm water waterfall wave wax weasel weather wedge weekend welcome west whale wheat wheel
whisk whisper whistle whole wide wild willow wind windmill window winner winter wisdom wise wish wizard wolf
wombat wonder wood woodland wool word work workshop world worthy woven wren writer yacht yak yard yarn
yarrow year yeti yodel yoga yogurt yonder young youth zebra zenith zephyr zero zest zigzag zinc zinnia
zipper zircon zodiac zone zoom zucchini
`
  .trim()
  .split(/\s+/);
