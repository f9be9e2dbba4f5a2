"""What a house accepts: waivers and known gaps."""
