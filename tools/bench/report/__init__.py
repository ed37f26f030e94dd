# SPDX-License-Identifier: GPL-2.0-only
"""What make bench makes of the CSV files that the programs wrote."""
