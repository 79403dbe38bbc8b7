print("vouchers")
