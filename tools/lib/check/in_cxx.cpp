// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * in_cxx.cpp - a program in C++17 that uses the library: a page there and back
 */
#include <linux/flipq.h>
#include <flipq.h>

#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <type_traits>

#include "in_cxx.h"

namespace {

template <typename... Structs> constexpr bool as_in_c =
	((std::is_standard_layout_v<Structs> && std::is_trivial_v<Structs>) && ...);

static_assert(as_in_c<flipq_setup, flipq_codec, flipq_desc, flipq_result,
		      flipq_config, flipq_event>);

struct closer {
	void operator()(struct flipq *q) const { flipq_close(q); }
};

using queue = std::unique_ptr<struct flipq, closer>;
using page = std::array<char, 4096>;

queue open_lz4()
{
	flipq_codec lz4{};
	flipq_config config{};
	struct flipq *q = nullptr;

	lz4.algorithm = FLIPQ_ALG_LZ4;
	config.in_size = sizeof(page);
	config.out_size = sizeof(page);
	config.codecs = &lz4;
	config.nr_codecs = 1;
	return queue(cxx_open(&q, &config) ? nullptr : q);
}

std::optional<flipq_event> finished(struct flipq *q)
{
	flipq_event e{};

	if (flipq_submit_and_wait(q, 1, FLIPQ_TIMEOUT_NONE) < 0 ||
	    !flipq_peek(q, &e) || e.status)
		return std::nullopt;
	return e;
}

} // namespace

bool cxx_page(void)
{
	const page text{"a page that is mostly empty"};
	const queue owned = open_lz4();
	struct flipq *q = owned.get();

	if (!q)
		return false;
	int slot = flipq_get(q);

	std::memcpy(flipq_input(q, slot), text.data(), text.size());
	flipq_prep_compress(q, slot, 0, sizeof(page), sizeof(page), 0, 0);
	const auto packed = finished(q);

	if (!packed)
		return false;
	slot = flipq_get(q);
	std::memcpy(flipq_input(q, slot), flipq_output(q, packed->slot),
		    packed->len);
	flipq_seen(q, packed->slot);
	flipq_prep_decompress(q, slot, 0, packed->len, sizeof(page), 0, 0);
	const auto plain = finished(q);

	return plain && plain->len == sizeof(page) &&
	       !std::memcmp(flipq_output(q, plain->slot), text.data(),
			    text.size());
}
