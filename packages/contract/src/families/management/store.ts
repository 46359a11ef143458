import { z } from 'zod'
import { Job, JobQueued } from '../../jobs.js'
import { bodyLimits, table } from '../../route.js'
import {
  Amount,
  cursorQuery,
  FieldName,
  FieldText,
  Id,
  line,
  OrderCategory,
  ProductType,
  PurchaseLimit,
  page,
  pageQuery,
  Question,
  SafeLink,
  serverQuery,
  Time,
  text,
  UserId,
  VoucherState,
} from '../../schemas.js'

const access = {
  principals: ['communityKey', 'systemKey', 'loginMember'],
  permission: 'store',
  may: 'server_administrator',
} as const
const query = z.strictObject(serverQuery)

/** Whether ids and names are all different. */
const isOnce = (all: readonly string[]) => new Set(all).size === all.length

const currencyFields = {
  isEnabled: z.boolean().meta({ description: 'Whether members earn it. What they have stays theirs' }),
  name: line(1, 50).meta({ description: 'What people read' }),
}
const widgetFields = {
  isEnabled: z.boolean().meta({ description: 'Whether pages show the store while it is enabled. Default: true' }),
}
const storeFields = {
  isEnabled: z.boolean().meta({ description: 'Whether there is a store to buy from. Default: false' }),
  title: line(0, 100).meta({ description: 'What pages put above it. Default: empty' }),
  description: text(5000).meta({ description: 'What pages may tell of it, as text. Default: empty' }),
  pageUrl: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .nullable()
    .meta({
      description:
        'The page of yours where it stands. Members who waited for an item are sent a mail that leads there. Null, the default: no mails',
    }),
}
const Store = z
  .strictObject({
    _id: Id,
    communityID: Id,
    ...storeFields,
    currency: z.strictObject(currencyFields).meta({ description: 'What items are paid with' }),
    widget: z.strictObject(widgetFields).meta({ description: 'What pages do with it' }),
    updatedAt: Time.nullable(),
    __v: z.int(),
  })
  .meta({ id: 'Store', description: 'Where members spend what they have earned' })

const categoryFields = {
  name: line(1, 100).meta({ description: 'What people read' }),
  displayOrder: z.int().min(0).max(100_000).meta({ description: 'The lowest stands first. Default: 0' }),
}
const Category = z
  .strictObject({ _id: Id, communityID: Id, ...categoryFields, createdAt: Time, updatedAt: Time, __v: z.int() })
  .meta({ id: 'ProductCategory' })
const CategoryPath = z.object({ categoryId: Id })

const mostPrice = 1_000_000_000_000
const Price = z.int().min(0).max(mostPrice)

const AccessRule = z.strictObject({
  roles: z.array(Id).max(50).default([]).meta({
    description: 'Members with one of these roles, by `_id`; `@all` stands for every member. Empty, the default: all',
  }),
  users: z.array(Id).max(200).default([]).meta({ description: 'These members, by `_id`. Empty, the default: all' }),
  fields: z
    .record(FieldName, FieldText)
    .default({})
    .refine((fields) => Object.keys(fields).length <= 10, 'must have at most 10 fields')
    .meta({
      description:
        'Members whose fields have all these values: the name of a field of text → its value. Empty, the default: all',
    }),
  minXp: z.int().min(0).default(0).meta({ description: 'Members with so much XP, as a tier asks for. Default: 0' }),
  price: Price.nullable()
    .default(null)
    .meta({ description: 'What it costs them. Null, the default: what it costs everybody' }),
})
export type AccessRule = z.output<typeof AccessRule>

const Discount = z.strictObject({
  price: Price.meta({ description: 'What it costs meanwhile' }),
  startsAt: Time.nullable().default(null).meta({ description: 'From when on. Null, the default: at once' }),
  endsAt: Time.nullable().default(null).meta({ description: 'Until when. Null, the default: for ever' }),
})
export type Discount = z.output<typeof Discount>

const VariablePrice = z
  .strictObject({
    min: Price.meta({ description: 'The least' }),
    max: Price.meta({ description: 'The most' }),
    step: z.int().min(1).max(mostPrice).meta({ description: 'In steps of so much, from the least on' }),
  })
  .refine(({ min, max, step }) => min < max && (max - min) % step === 0, {
    path: ['max'],
    message: 'must be min and whole steps',
  })
export type VariablePrice = z.output<typeof VariablePrice>

/** Everything that an operator can set on a product. */
export const productFields = {
  name: line(1, 200).meta({ description: 'What people read' }),
  description: text(5000).meta({ description: 'What it is, as text. Default: empty' }),
  imageAlt: line(0, 200).meta({
    description: 'What its picture shows, for who does not see it. Default: empty, as beside a name that says it',
  }),
  type: ProductType.meta({
    description: '`item`, the default, or `voucher`: whoever buys it is given one of the codes that were uploaded',
  }),
  categoryID: Id.nullable().meta({ description: 'Its category. Default: null' }),
  price: Price.meta({ description: 'What it costs, in currency. 0: nothing' }),
  variablePrice: VariablePrice.nullable().meta({
    description: 'Members choose what they pay, beginning with `price`. Null, the default: they pay `price`',
  }),
  discount: Discount.nullable().meta({ description: 'A lower price for a time. Default: null' }),
  accessRules: z.array(AccessRule).max(20).meta({
    description:
      'Who may buy it: whom one of the rules is for, which asks for all that it names; a rule that names nothing is for every member. They pay the lowest price that any of these gives them. Empty, the default: every member',
  }),
  startsAt: Time.nullable().meta({ description: 'From when on it can be bought. Null, the default: at once' }),
  endsAt: Time.nullable().meta({ description: 'Until when. Null, the default: for ever' }),
  stock: z.int().min(0).max(mostPrice).nullable().meta({
    description:
      'How many are left. Null, the default: without limit. Of a `voucher` there are as many as codes, whatever this says',
  }),
  purchaseLimit: PurchaseLimit.nullable().meta({ description: 'How many a member may buy. Default: null' }),
  information: z
    .array(Question)
    .max(20)
    .refine((all) => isOnce(all.map(({ name }) => name)), 'must have different names')
    .meta({ description: 'What who buys it is asked. Default: nothing' }),
  terms: text(5000).meta({ description: 'What is told before one buys it. Default: empty' }),
  instructions: text(5000).meta({ description: 'What is told who has bought it. Default: empty' }),
  link: SafeLink.nullable().meta({
    description:
      'Where who has bought it finds it, to open or to download; told to nobody else, and no more when they are paid back. By https. For an address of one’s own for each buyer, sell `voucher`s whose codes are addresses. Null, the default: nowhere',
  }),
  orderStatusID: Id.nullable().meta({
    description:
      'The status of its orders at first. Null, the default: `complete` of a `voucher` and of what has a `link`, else `incomplete`',
  }),
  isArchived: z.boolean().meta({ description: 'Shown to nobody. Default: false' }),
  displayOrder: z.int().min(0).max(100_000).meta({ description: 'The lowest stands first. Default: 0' }),
}
const input = z.strictObject(productFields).partial()
const NewProduct = input.extend({ name: productFields.name, price: productFields.price }).meta({ id: 'NewProduct' })
const changes = { ...productFields, image: z.null().meta({ description: 'null takes the picture away' }) }
const Product = z
  .strictObject({
    _id: Id,
    communityID: Id,
    ...productFields,
    image: z.url().nullable().meta({ description: 'WebP of at most 512 × 512 pixels' }),
    createdAt: Time,
    updatedAt: Time,
    __v: z.int(),
  })
  .meta({ id: 'Product' })
const ProductPath = z.object({ productId: Id })
const ImportPath = z.object({ importId: Id })

const Vouchers = z
  .strictObject({
    free: z.int().min(0).meta({ description: 'How many can be sold' }),
    sold: z.int().min(0).meta({ description: 'How many members have' }),
    expired: z.int().min(0).meta({ description: 'How many ran out unsold' }),
    void: z.int().min(0).meta({ description: 'How many belonged to orders that were paid back' }),
  })
  .meta({ id: 'Vouchers', description: 'The codes of a product. They are shown to nobody but who has bought them' })

const statusFields = {
  name: line(1, 50).meta({ description: 'What people read' }),
  category: OrderCategory.meta({ description: 'What it means. It stays what it is' }),
  color: z
    .string()
    .max(7)
    .regex(/^#[0-9a-f]{6}$/, 'must be like #1f883d')
    .meta({ description: 'What it is shown in, such as `#1f883d`' }),
}
const Status = z
  .strictObject({ _id: Id, ...statusFields })
  .meta({ id: 'OrderStatus', description: 'How far an order is' })
const StatusPath = z.object({ statusId: Id })

const Order = z
  .strictObject({
    _id: Id,
    communityID: Id,
    number: z.string().meta({ description: 'For people: `ORD`, the day, and eight letters or digits' }),
    userId: Id,
    username: z.string(),
    productId: Id,
    productName: z.string().meta({ description: 'As it was then' }),
    price: Amount.meta({ description: 'What was paid, in currency' }),
    status: Status,
    information: z.array(z.strictObject({ name: z.string(), label: z.string(), value: z.string() })),
    voucher: VoucherState.nullable().meta({ description: 'Null where there is none' }),
    createdAt: Time,
    updatedAt: Time,
    __v: z.int(),
  })
  .meta({ id: 'ProductOrder' })
const OrderPath = z.object({ orderId: Id })

const Gone = z.strictObject({ _id: Id })

/** What operators sell, and what became of it. */
export const store = table({
  'GET /v1/stores': {
    summary: 'Read the settings of the store',
    access,
    query,
    answer: Store,
    message: 'Store fetched successfully',
  },
  'PUT /v1/stores': {
    summary: 'Change the settings of the store',
    description:
      'What is not sent stays. The `currency` is the one of `PATCH /v1/gamification`: set here, it is so everywhere.',
    access,
    query,
    body: z
      .strictObject({
        ...storeFields,
        currency: z.strictObject(currencyFields).partial().meta({ description: 'What items are paid with' }),
        widget: z.strictObject(widgetFields).partial().meta({ description: 'What pages do with it' }),
      })
      .partial()
      .meta({ id: 'UpdateStore' }),
    bodyLimit: bodyLimits.small,
    answer: Store,
    message: 'Store updated successfully',
  },
  'GET /v1/product-categories': {
    summary: 'The categories of products, in their order',
    description: 'At most 100.',
    access,
    query,
    answer: z.array(Category),
    message: 'Categories fetched successfully',
  },
  'POST /v1/product-categories': {
    summary: 'Create a category',
    access,
    query,
    body: z
      .strictObject(categoryFields)
      .partial()
      .extend({ name: categoryFields.name })
      .meta({ id: 'NewProductCategory' }),
    bodyLimit: bodyLimits.small,
    answer: Category,
    status: 201,
    message: 'Category created successfully',
  },
  'PUT /v1/product-categories/{categoryId}': {
    summary: 'Change a category',
    access,
    params: CategoryPath,
    query,
    body: z.strictObject(categoryFields).partial().meta({ id: 'UpdateProductCategory' }),
    bodyLimit: bodyLimits.small,
    answer: Category,
    message: 'Category updated successfully',
  },
  'DELETE /v1/product-categories/{categoryId}': {
    summary: 'Delete a category. Its products are in none then',
    access,
    params: CategoryPath,
    query,
    answer: Gone,
    message: 'Category deleted successfully',
  },
  'GET /v1/products': {
    summary: 'List products, in the order in which pages show them',
    access,
    query: z.strictObject({
      ...serverQuery,
      ...pageQuery,
      categoryId: z.uuid().max(36).optional().meta({ description: 'Only those of this category' }),
      search: line(1, 100)
        .optional()
        .meta({ description: 'Only those with this in their name, without regard to case' }),
    }),
    answer: z.array(Product),
    message: 'Products fetched successfully',
  },
  'POST /v1/products': {
    summary: 'Create a product',
    description: 'A community has at most 2,000.',
    access,
    query,
    body: NewProduct,
    answer: Product,
    status: 201,
    message: 'Product created successfully',
  },
  'POST /v1/products/bulk': {
    summary: 'Create many products: all of them, or none',
    access,
    query,
    body: z.array(NewProduct).min(1).max(200).meta({ id: 'NewProducts' }),
    answer: z.array(Product),
    status: 201,
    message: 'Products created successfully',
  },
  'PUT /v1/products/bulk': {
    summary: 'Change many products: all of them, or none',
    access,
    query,
    body: z
      .array(
        z
          .strictObject(changes)
          .partial()
          .extend({ _id: Id.meta({ description: 'The product' }) }),
      )
      .min(1)
      .max(200)
      .refine((all) => isOnce(all.map(({ _id }) => _id)), 'must name each once')
      .meta({ id: 'UpdateProducts' }),
    answer: z.array(Product),
    message: 'Products updated successfully',
  },
  'POST /v1/products/import': {
    summary: 'Create many products from a CSV file (UTF-8)',
    description: `Columns, in any order, named without regard to case, spaces, \`-\` and \`_\`: \`name\` and \`price\`, which every row
needs, \`type\`, \`category\`, \`description\`, \`imageAlt\`, \`discountPrice\`, \`stock\`, \`startsAt\`, \`endsAt\`, \`terms\`,
\`instructions\`, \`link\`, \`isArchived\` (\`true\` or \`false\`), \`displayOrder\`, \`ignore\`. A column with another name is refused
unless \`map\` says which of these it is. A category is named by what people read; one that the store does not have yet is made.
An empty cell says nothing. A product that is there already, by its name without regard to case, stays as it is, and its row is
skipped; one that cannot be is an error of its row. Pictures are sent one by one.

    name,price,category,stock
    Enamel mug,300,Gear,40
    Hut voucher,400,Vouchers,

The same file again within a day answers its first job, unless it comes with an \`Idempotency-Key\` of its own.`,
    access,
    query,
    body: z.strictObject({
      map: z.string().max(10_000).optional().meta({
        description: 'A JSON object: the name of a column → what it means, one of the names in the description above',
        example: '{"title":"name","note":"ignore"}',
      }),
    }),
    file: 'data',
    answer: JobQueued,
    status: 202,
    message: 'Product import is queued',
  },
  'GET /v1/product-imports': {
    summary: 'The newest files of products',
    access,
    query: z.strictObject({ ...serverQuery, limit: z.coerce.number().int().min(1).max(100).optional() }),
    answer: z.array(Job),
    message: 'Product imports fetched successfully',
  },
  'GET /v1/product-imports/{importId}': {
    summary: 'One file of products: progress and row errors',
    description: 'What was wrong with rows is kept for 30 days; after that, only how many failed is told.',
    access,
    params: ImportPath,
    query,
    answer: Job,
    message: 'Product import fetched successfully',
  },
  'GET /v1/product-imports/{importId}/errors.csv': {
    summary: 'Every row error of a file of products, as a CSV file',
    description: 'They are kept for 30 days.',
    access,
    params: ImportPath,
    query,
    media: 'text/csv',
  },
  'GET /v1/products/{productId}': {
    summary: 'Read a product',
    access,
    params: ProductPath,
    query,
    answer: Product,
    message: 'Product fetched successfully',
  },
  'PUT /v1/products/{productId}': {
    summary: 'Change a product',
    description:
      'What is not sent stays. Who has asked for a price in the last two minutes and buys at another one is told the new price and charged nothing. Whoever waits for a product is told when there is `stock` again.',
    access,
    params: ProductPath,
    query,
    body: z.strictObject(changes).partial().meta({ id: 'UpdateProduct' }),
    answer: Product,
    message: 'Product updated successfully',
  },
  'PUT /v1/products/{productId}/image': {
    summary: 'Give a product a picture, in a form',
    access,
    params: ProductPath,
    query,
    body: z.strictObject({}),
    bodyLimit: bodyLimits.small,
    pictures: ['image'],
    answer: Product,
    message: 'Picture updated successfully',
  },
  'DELETE /v1/products/{productId}': {
    summary: 'Delete a product. Its orders stay; its codes that nobody has go',
    access,
    params: ProductPath,
    query,
    answer: Gone,
    message: 'Product deleted successfully',
  },
  'GET /v1/products/{productId}/vouchers': {
    summary: 'How many codes a product has',
    access,
    params: ProductPath,
    query,
    answer: Vouchers,
    message: 'Vouchers fetched successfully',
  },
  'POST /v1/products/{productId}/vouchers': {
    summary: 'Give a product codes to sell',
    description:
      'A code that the product has already stays as it is, so that a list may be sent again. Those that run out first are sold first.',
    access,
    params: ProductPath,
    query,
    body: z
      .strictObject({
        codes: z.array(line(1, 500)).min(1).max(1000).meta({
          description:
            'One for each that can be sold. They are kept encrypted. One that is an https address is a link to who has bought it',
        }),
        expiresAt: Time.nullable()
          .optional()
          .meta({ description: 'Until when they can be used. Null, the default: for ever' }),
      })
      .meta({ id: 'NewVouchers' }),
    answer: Vouchers,
    status: 201,
    message: 'Vouchers added successfully',
  },
  'DELETE /v1/products/{productId}/vouchers': {
    summary: 'Take away the codes that nobody has',
    access,
    params: ProductPath,
    query,
    answer: Vouchers,
    message: 'Vouchers deleted successfully',
  },
  'GET /v1/order-statuses': {
    summary: 'What orders can be: one of each category that everybody has, and those of the community',
    description: 'At most 54.',
    access,
    query,
    answer: z.array(Status),
    message: 'Order statuses fetched successfully',
  },
  'POST /v1/order-statuses': {
    summary: 'Create a status of orders',
    access,
    query,
    body: z.strictObject(statusFields).meta({ id: 'NewOrderStatus' }),
    bodyLimit: bodyLimits.small,
    answer: Status,
    status: 201,
    message: 'Order status created successfully',
  },
  'PUT /v1/order-statuses/{statusId}': {
    summary: 'Change what a status of the community is called, and its color',
    access,
    params: StatusPath,
    query,
    body: z
      .strictObject({ name: statusFields.name, color: statusFields.color })
      .partial()
      .meta({ id: 'UpdateOrderStatus' }),
    bodyLimit: bodyLimits.small,
    answer: Status,
    message: 'Order status updated successfully',
  },
  'DELETE /v1/order-statuses/{statusId}': {
    summary: 'Delete a status of the community. Orders have the one that everybody has of its category then',
    access,
    params: StatusPath,
    query,
    answer: Gone,
    message: 'Order status deleted successfully',
  },
  'GET /v1/orders': {
    summary: 'Orders, newest first',
    access,
    query: z.strictObject({
      ...serverQuery,
      ...cursorQuery,
      category: OrderCategory.optional().meta({ description: 'Only those of this category' }),
      statusId: Id.optional().meta({ description: 'Only those with this status' }),
      userId: UserId.optional(),
      productId: z.uuid().max(36).optional().meta({ description: 'Only those of this product' }),
      number: line(1, 20).optional().meta({ description: 'Only those whose number begins so' }),
    }),
    answer: page(Order),
    message: 'Orders fetched successfully',
  },
  'GET /v1/orders/{orderId}': {
    summary: 'Read an order',
    access,
    params: OrderPath,
    query,
    answer: Order,
    message: 'Order fetched successfully',
  },
  'PUT /v1/orders/{orderId}': {
    summary: 'Give an order another status',
    description:
      'One of category `refunded` or `cancelled` pays the member back, once: what it cost is on their balance with the answer, what was bought can be sold again, and its code is void. From there it can only become another of the same two. Safe to repeat.',
    access,
    params: OrderPath,
    query,
    body: z
      .strictObject({ statusId: Id.meta({ description: 'The status, by `_id`' }) })
      .meta({ id: 'UpdateProductOrder' }),
    bodyLimit: bodyLimits.small,
    answer: Order,
    message: 'Order updated successfully',
  },
})
