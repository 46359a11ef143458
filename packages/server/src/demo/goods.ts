import type { managementFamily } from '@rai/contract'
import type { ProductInput } from '../domain/store/products.js'
import type { Motif } from './pictures.js'

/** Something that the club sells. Its category is named, and its picture is told rather than drawn. */
export type Good = Omit<ProductInput, 'categoryId' | 'image'> & {
  name: string
  price: number
  category: string
  motif: Motif
  /** What whoever buys it may be given, and for how many days from now on it is good. */
  codes?: readonly { texts: readonly string[]; goodForDays: number }[]
}

/** What a category sells: each kind in each variant. */
interface Range {
  shape: Motif['shape']
  variants: readonly string[]
  /** Name → what the plainest of it costs, and what it is. */
  kinds: Readonly<Record<string, readonly [price: number, description: string]>>
}

const ranges: Readonly<Record<string, Range>> = {
  Gear: {
    shape: 'tent',
    variants: ['Light', 'Classic', 'Winter', 'Long-distance', 'Children’s'],
    kinds: {
      backpack: [1400, 'Carries what a day or a week asks for, and drops its rain cover over everything.'],
      'trekking poles': [780, 'A pair that folds small and clicks open with cold hands.'],
      headlamp: [360, 'Finds the path for eight hours. The red light lets the others sleep.'],
      'sleeping bag': [1900, 'Warm enough for a night that was not planned.'],
      'water bottle': [140, 'One litre, and no taste of yesterday’s tea.'],
    },
  },
  Clothing: {
    shape: 'shirt',
    variants: ['Spruce green', 'Ember red', 'Fog grey', 'Glacier blue', 'Heather purple'],
    kinds: {
      'wool socks': [90, 'Knitted by a family of three in the next valley. Dry overnight.'],
      'rain cap': [160, 'Keeps the drops off glasses.'],
      'merino shirt': [420, 'Worn for five days in a row, and nobody said anything.'],
      gloves: [210, 'Thin enough to tie a knot in, warm enough to stop for the view.'],
      hoodie: [640, 'With the club’s four summits on the back.'],
    },
  },
  'Camp kitchen': {
    shape: 'mug',
    variants: ['Enamel', 'Titanium', 'Birchwood', 'Cork', 'Steel'],
    kinds: {
      mug: [80, 'Holds soup as well. Survives most falls.'],
      bowl: [95, 'Deep enough for seconds.'],
      spoon: [40, 'Long enough for the bottom of the bag.'],
      'tea set': [260, 'For four, in a bag that hangs from a pack.'],
      'lunch box': [180, 'Two layers: bread stays bread.'],
    },
  },
  Provisions: {
    shape: 'leaf',
    variants: ['Bilberry', 'Hazelnut', 'Apple', 'Honey', 'Ginger'],
    kinds: {
      bar: [15, 'For the last hour before the hut.'],
      'trail mix': [30, 'Half a kilo. The good bits are not only on top.'],
      porridge: [35, 'Hot water, five minutes, a lid.'],
      biscuits: [25, 'Baked on Thursdays, gone by Sunday.'],
      tea: [20, 'Twenty bags, picked above the tree line.'],
    },
  },
  'Maps and books': {
    shape: 'map',
    variants: ['Harz', 'Black Forest', 'Tatra', 'Dolomites', 'Lofoten'],
    kinds: {
      'trail map': [120, 'One to twenty-five thousand, on paper that can be folded wet.'],
      'hut guide': [180, 'Every hut with its beds, its host and what it cooks best.'],
      'photo book': [520, 'What members saw there in four seasons.'],
      'bird guide': [150, 'Who sings, and from which tree.'],
      'postcard set': [30, 'Twelve, for those at home.'],
    },
  },
  Outings: {
    shape: 'peak',
    variants: ['Sunrise', 'Full moon', 'Family', 'Photography', 'Silent'],
    kinds: {
      hike: [100, 'Half a day with a guide of the club and a break where the view is.'],
      'hut night': [480, 'There in the evening, back by noon, supper and breakfast between.'],
      'lake walk': [90, 'Level all the way round. Bring something to swim in.'],
      'ridge tour': [260, 'For people who like to see both valleys at once.'],
      'snowshoe tour': [320, 'Shoes and poles are there. Bring dry socks.'],
    },
  },
  Courses: {
    shape: 'compass',
    variants: ['Beginners’', 'Weekend', 'Evening', 'Outdoor', 'Refresher'],
    kinds: {
      'navigation course': [350, 'Map, compass and the courage to switch the telephone off.'],
      'first aid course': [300, 'What to do until the helicopter comes.'],
      'climbing course': [540, 'Rope, knots and trust, on warm rock.'],
      'knot workshop': [110, 'Nine knots, and when not to use them.'],
      'weather workshop': [150, 'What the clouds say about this afternoon.'],
    },
  },
  Keepsakes: {
    shape: 'badge',
    variants: ['Summit', 'Pine', 'Marmot', 'Edelweiss', 'Cairn'],
    kinds: {
      pin: [25, 'Small enough for a collar.'],
      'sticker sheet': [10, 'For bottles, laptops and the back of the hut door.'],
      patch: [45, 'Sewn, not printed.'],
      'key ring': [55, 'Turned from what was left of a ski.'],
      poster: [90, 'Fifty by seventy, rolled, on heavy paper.'],
    },
  },
}

export const categories = Object.keys(ranges)

const day = 86_400_000
const numbered = (count: number, text: (n: number) => string) => Array.from({ length: count }, (_, n) => text(n))
/** Who buys something: all that a rule asks for, and here it asks for nothing. */
const anybody: managementFamily.AccessRule = { roles: [], users: [], fields: {}, minXp: 0, price: null }

/** What of the community they name, by its id. */
interface Named {
  guideRoleId: string
  atThePrintersId: string
}

/** Everything that the club sells, in its order: first one of each kind of item, then what fills the shelves. */
export const goods = (now: Date, named: Named): Good[] => [...remarkable(now, named), ...shelves(now)]

/** One item for each thing that a store can say of an item. */
function remarkable(now: Date, { guideRoleId, atThePrintersId }: Named): Good[] {
  const inDays = (days: number) => new Date(now.getTime() + days * day)
  const good = (category: string, name: string, price: number, more: Partial<Good>): Good => ({
    category,
    name,
    price,
    motif: { shape: ranges[category]!.shape, hue: (categories.indexOf(category) * 45) % 360 },
    ...more,
  })
  return [
    good('Outings', 'Night in the summit hut', 120, {
      description: 'A bed under the roof, supper included. You get a code at once.',
      type: 'voucher',
      codes: [{ texts: numbered(30, (n) => `HUT-${(4096 + n * 739).toString(36).toUpperCase()}`), goodForDays: 200 }],
      terms: 'One night for one person, from Sunday to Thursday. The host keeps the bed until six in the evening.',
      instructions: 'Show the code at the door after four. Slippers are there.',
    }),
    good('Maps and books', 'Printed tour diary', 60, {
      description: 'Your hikes of a year, bound in linen.',
      questions: [
        { name: 'address', label: 'Where shall we send it?', required: true, options: [] },
        { name: 'cover', label: 'Cover', required: true, options: ['Moss', 'Slate', 'Clay'] },
        { name: 'dedication', label: 'A line for the first page', required: false, options: [] },
      ],
      terms: 'Printed on demand and sent within two weeks.',
      instructions: 'We write to you when it is on its way.',
      orderStatus: atThePrintersId,
    }),
    good('Clothing', 'Storm jacket', 250, {
      description: 'Stays dry where the forecast was wrong. Guides of the club pay less.',
      accessRules: [anybody, { ...anybody, roles: [guideRoleId], price: 150 }],
    }),
    good('Keepsakes', 'Donation to the path fund', 50, {
      description: 'Steps, signs and small bridges. Give what you like.',
      variablePrice: { min: 10, max: 500, step: 10 },
    }),
    good('Clothing', 'Trail shirt', 260, {
      description: 'Last year’s colour, this week’s price.',
      discount: { price: 180, startsAt: null, endsAt: inDays(6).toISOString() },
      stock: 3,
    }),
    good('Keepsakes', 'Club badge', 20, {
      description: 'One for every member, and no second one.',
      purchaseLimit: { quantity: 1, interval: null },
    }),
    good('Provisions', 'Bread from the hut', 15, {
      description: 'The oven is small: two loaves a week for each.',
      purchaseLimit: { quantity: 2, interval: { count: 1, unit: 'week' } },
    }),
    good('Maps and books', 'Tracks of the high route', 10, {
      description: 'Nine days for your watch or telephone. You get a link at once.',
      link: 'https://fernweh.example/tracks/high-route.gpx',
      instructions: 'Open the file with the app that you walk by.',
    }),
    good('Maps and books', 'Film of the long trail', 15, {
      description: 'An hour and a half, without a word. Each link is for one of you.',
      type: 'voucher',
      codes: [{ texts: numbered(20, (n) => `https://fernweh.example/film?pass=${7_919 * (n + 13)}`), goodForDays: 90 }],
    }),
    good('Outings', 'Bus ticket to the trailhead', 10, {
      description: 'From the station and back, on one day.',
      type: 'voucher',
      // What was sold of the first has run out since.
      codes: [
        { texts: numbered(2, (n) => `BUS-OLD-${n + 1}`), goodForDays: -2 },
        { texts: numbered(20, (n) => `BUS-${300 + n * 7}`), goodForDays: 30 },
      ],
    }),
    good('Clothing', 'Felt slippers', 70, {
      description: 'For the hut, and for home. Back from the felter.',
      stock: 0,
    }),
    good('Maps and books', 'Atlas of the Andes', 80, {
      description: 'For members who live in the Americas: it is printed and sent there.',
      accessRules: [{ ...anybody, fields: { continent: 'Americas' } }],
    }),
    good('Keepsakes', 'Thank-you card', 0, { description: 'For who carried your pack. It costs nothing.' }),
    good('Gear', 'Brass lantern', 420, { description: 'Burns oil, and only looks old.', stock: 0 }),
    good('Gear', 'Guide’s rope', 300, {
      description: 'Sixty metres, checked every spring. For guides of the club.',
      accessRules: [{ ...anybody, roles: [guideRoleId] }],
    }),
    good('Keepsakes', 'Medal of the long trail', 10, {
      description: 'For those who have walked as far as it goes.',
      accessRules: [{ ...anybody, minXp: 10_000 }],
    }),
    good('Outings', 'Lantern walk', 120, { description: 'Booking opens in a few days.', startsAt: inDays(4) }),
    good('Outings', 'Midsummer walk', 120, { description: 'It was a bright night.', endsAt: inDays(-2) }),
    good('Gear', 'Four-season tent', 9500, { description: 'For two, or for one and a lot of gear.' }),
  ]
}

/** Each kind in each variant. Some are on offer, and of some there are only a few. */
function shelves(now: Date): Good[] {
  const nextWeek = new Date(now.getTime() + 7 * day).toISOString()
  return Object.entries(ranges).flatMap(([category, { shape, variants, kinds }]) =>
    Object.entries(kinds).flatMap(([kind, [plainest, description]], k) =>
      variants.map((variant, v): Good => {
        const price = Math.round((plainest * (1 + v / 10)) / 5) * 5
        const onOffer = { price: Math.round(price * 0.8), startsAt: null, endsAt: nextWeek }
        return {
          category,
          name: `${variant} ${kind}`,
          price,
          description,
          motif: { shape, hue: (categories.indexOf(category) * 45 + k * 23) % 360 },
          ...((k * 3 + v) % 8 === 5 && { discount: onOffer }),
          ...((k + v * 2) % 7 === 4 && { stock: 4 + k * 3 + v }),
        }
      }),
    ),
  )
}
